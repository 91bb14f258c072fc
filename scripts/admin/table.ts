// Formats results for people: plain-text tables, times, sizes. Knows nothing of their content.

/** A table with columns of minimal width, numbers aligned to the right. Empty without rows. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return "";
  const texts = rows.map((row) => row.map(String));
  const widths = heads.map((head, i) => Math.max(head.length, ...texts.map((row) => row[i]?.length ?? 0)));
  const right = heads.map((_, i) => rows.every((row) => typeof row[i] === "number"));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (right[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return `${[heads, ...texts].map(line).join("\n")}\n`;
}

/** Names and values, one a line. */
export function list(pairs: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return `${pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")}\n`;
}

/** The text under a title; empty if the text is empty. */
export function titled(title: string, text: string): string {
  return text === "" ? "" : `\n${title}\n${text}`;
}

/** A number with its noun: 1 conversation, 2 conversations. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** A time in UTC, with ms. */
export function time(at: number | null): string {
  return at === null || at === 0 ? "–" : new Date(at).toISOString().replace("T", " ").replace("Z", "");
}

/** A duration in the largest unit that fits. */
export function duration(ms: number): string {
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const) {
    if (Math.abs(ms) >= size) return `${(ms / size).toFixed(Math.abs(ms) < 10 * size ? 1 : 0)} ${unit}`;
  }
  return `${Math.round(ms)} ms`;
}

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  const [unit, by] = size < 1e6 ? ["kB", 1e3] : size < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(size / Number(by)).toFixed(1)} ${unit}`;
}

export function number(value: number): string {
  return value.toLocaleString("en");
}
