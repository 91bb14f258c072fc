// What the metrics say, read from Prometheus' text: numbers by name, and what two looks make of them. It knows no page.

/** One look: numbers by what stands before them, labels in it. `at`: ms since 1970. */
export interface Look {
  readonly at: number;
  readonly numbers: ReadonlyMap<string, number>;
}

export function readLook(text: string, at: number): Look {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const pairs = lines.map((line) => {
    const end = line.lastIndexOf(" ");
    return [line.slice(0, end), Number(line.slice(end + 1))] as const;
  });
  return { at, numbers: new Map(pairs.filter(([, number]) => Number.isFinite(number))) };
}

export function numberOf({ numbers }: Look, name: string): number {
  return numbers.get(name) ?? 0;
}

/** All of one name, by their label. */
export function labelled({ numbers }: Look, name: string): [label: string, number: number][] {
  const found: [string, number][] = [];
  for (const [key, number] of numbers) {
    const label = key.startsWith(`${name}{`) ? /="([^"]*)"\}$/.exec(key)?.[1] : undefined;
    if (label !== undefined) found.push([label, number]);
  }
  return found.toSorted(([, a], [, b]) => b - a);
}

/** How much more there is, over all labels. Never less than nothing. */
export function more(before: Look, now: Look, name: string): number {
  const total = (look: Look) =>
    numberOf(look, name) + labelled(look, name).reduce((sum, [, number]) => sum + number, 0);
  return Math.max(0, total(now) - total(before));
}

/** How many a second. */
export function rate(before: Look, now: Look, name: string): number {
  const seconds = (now.at - before.at) / 1_000;
  return seconds > 0 ? more(before, now, name) / seconds : 0;
}

/**
 * The time, s, within which this share of what came between two looks was done: the end of its class, since a histogram knows no better.
 * Null where nothing came; Infinity beyond the last class.
 */
export function quantile(before: Look, now: Look, name: string, share: number): number | null {
  const bucket = `${name}_bucket`;
  const earlier = new Map(labelled(before, bucket));
  const classes = labelled(now, bucket)
    .map(([end, number]) => [end === "+Inf" ? Infinity : Number(end), number - (earlier.get(end) ?? 0)] as const)
    .toSorted(([a], [b]) => a - b);
  const total = classes.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  return classes.find(([, below]) => below >= share * total)?.[0] ?? null;
}
