// The messages of the benchmark: about fifty bytes, a number in front of a sentence. The same for every peer.

export function bodyOf(n: number): string {
  return `${n} See you at the station, half past seven.`;
}

export function numberOf(body: unknown): number {
  return Number.parseInt(String(body), 10);
}
