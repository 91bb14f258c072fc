// Figures as people read them. What was not measured is an empty text.

export function whole(n: number): string {
  return Number.isFinite(n) ? Math.round(n).toLocaleString("en") : "";
}

export function fixed(n: number, digits: number): string {
  return Number.isFinite(n) ? n.toFixed(digits) : "";
}

/** Three figures that count: 0.123, 1.23, 12.3, 123. */
export function short(n: number): string {
  if (!Number.isFinite(n)) return "";
  return n >= 100 ? whole(n) : n.toFixed(n >= 10 ? 1 : 2);
}

export function times(n: number): string {
  return Number.isFinite(n) ? `${short(n)} ×` : "";
}

export function share(n: number): string {
  return Number.isFinite(n) ? `${(n * 100).toFixed(n > 0.999 && n < 1 ? 2 : 0)} %` : "";
}

export function mebibytes(n: number): string {
  return Number.isFinite(n) ? whole(n / (1 << 20)) : "";
}

/** A paragraph or an item of a list, in lines of at most 120 characters. */
export function wrapped(text: string): string {
  const indent = text.startsWith("- ") ? "  " : "";
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= 120) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(line === undefined ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
