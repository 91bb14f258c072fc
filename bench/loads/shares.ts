// Half of all, and 99 of 100.

export function shares(parts: readonly (readonly number[])[]): [half: number, most: number] {
  const sorted = Float64Array.from(parts.flat()).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return [at(0.5), at(0.99)];
}
