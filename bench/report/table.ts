// A table as Markdown: text to the left, figures to the right, columns in line as the formatter leaves them.

export type Cells = readonly string[];

/** Columns from `texts` on hold figures. */
export function table(head: Cells, body: readonly Cells[], texts = 1): string {
  const rows = [head, ...body];
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0)));
  const cell = (text: string, i: number) => (i < texts ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  const line = (cells: Cells) => `| ${cells.map(cell).join(" | ")} |\n`;
  const rule = widths.map((width, i) => (i < texts ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...body.map(line)].join("");
}
