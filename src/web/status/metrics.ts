// Reads Prometheus' text: numbers by name in each sample, and rates and quantiles between two samples. It knows no
// page.

/** The metrics at one time: numbers by name and labels. `at`: ms since 1970. */
export interface Sample {
  readonly at: number;
  readonly numbers: ReadonlyMap<string, number>;
}

export function readSample(text: string, at: number): Sample {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const pairs = lines.map((line) => {
    const end = line.lastIndexOf(" ");
    return [line.slice(0, end), Number(line.slice(end + 1))] as const;
  });
  return { at, numbers: new Map(pairs.filter(([, number]) => Number.isFinite(number))) };
}

export function numberOf({ numbers }: Sample, name: string): number {
  return numbers.get(name) ?? 0;
}

/** The numbers of one name with their labels, the greatest first. */
export function labelled({ numbers }: Sample, name: string): [label: string, number: number][] {
  const found: [string, number][] = [];
  for (const [key, number] of numbers) {
    const label = key.startsWith(`${name}{`) ? /="([^"]*)"\}$/.exec(key)?.[1] : undefined;
    if (label !== undefined) found.push([label, number]);
  }
  return found.toSorted(([, a], [, b]) => b - a);
}

/** The upper bound, s, of the last bucket of a histogram that has one. */
export function lastBound(sample: Sample, name: string): number {
  return Math.max(
    0,
    ...labelled(sample, `${name}_bucket`)
      .map(([end]) => Number(end))
      .filter(Number.isFinite),
  );
}

/** The growth of a number between two samples, over all labels; at least 0. */
export function growth(before: Sample, now: Sample, name: string): number {
  const total = (sample: Sample) =>
    numberOf(sample, name) + labelled(sample, name).reduce((sum, [, number]) => sum + number, 0);
  return Math.max(0, total(now) - total(before));
}

/** The growth a second. */
export function rate(before: Sample, now: Sample, name: string): number {
  const seconds = (now.at - before.at) / 1_000;
  return seconds > 0 ? growth(before, now, name) / seconds : 0;
}

/**
 * The time, s, within which this share of the events between two samples was done: the upper bound of its bucket. Null
 * without events; Infinity beyond the last bucket.
 */
export function quantile(before: Sample, now: Sample, name: string, share: number): number | null {
  const bucketName = `${name}_bucket`;
  const earlier = new Map(labelled(before, bucketName));
  const buckets = labelled(now, bucketName)
    .map(([end, number]) => [end === "+Inf" ? Infinity : Number(end), number - (earlier.get(end) ?? 0)] as const)
    .toSorted(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  return buckets.find(([, below]) => below >= share * total)?.[0] ?? null;
}
