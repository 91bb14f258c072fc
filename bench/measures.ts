// What is measured: one row of the table each. A measure is a peer and a load; a new peer brings a way to start it (bench.ts) and
// a way to speak to it (wires.ts), and gets rows here. Peers are compared with the echo under the same load.

export type PeerName = "restante" | "echo";

/** `flood`: as much as goes with so many messages in flight, `batch` of them in a text. `pace`: one pair, one in flight, so many a second. */
export type Load =
  | { readonly kind: "flood"; readonly pairs: number; readonly batch: number; readonly flight: number }
  | { readonly kind: "pace"; readonly pairs: 1; readonly perSecond: number };

export interface Measure {
  readonly peer: PeerName;
  readonly load: Load;
}

/** What one run of the load generator comes to. */
export interface Figures {
  /** Messages a second, confirmed to both sides. */
  readonly perSecond: number;
  /** Milliseconds from sending until the receiver has it, and until the sender knows as well. Half of all; 99 of 100. */
  readonly received: readonly [half: number, most: number];
  readonly confirmed: readonly [half: number, most: number];
  /** The share of one core that the load generator itself used. */
  readonly busy: number;
}

const pace: Load = { kind: "pace", pairs: 1, perSecond: 100 };

export const MEASURES: readonly Measure[] = [
  ...[1, 8].flatMap((pairs): Measure[] => [
    { peer: "echo", load: { kind: "flood", pairs, batch: 1, flight: 32 } },
    { peer: "restante", load: { kind: "flood", pairs, batch: 1, flight: 32 } },
    { peer: "restante", load: { kind: "flood", pairs, batch: 128, flight: 128 } },
    { peer: "restante", load: { kind: "flood", pairs, batch: 128, flight: 512 } },
  ]),
  { peer: "echo", load: pace },
  { peer: "restante", load: pace },
];

/** What a measure is held against: the echo's with as many pairs, single messages; undefined for the echo itself. */
export function ceilingOf({ peer, load }: Measure): Measure | undefined {
  if (peer === "echo") return undefined;
  return MEASURES.find((m) => m.peer === "echo" && m.load.kind === load.kind && m.load.pairs === load.pairs);
}

export function titleOf({ peer, load }: Measure): string {
  const who = `${peer}, ${load.pairs} ${load.pairs === 1 ? "pair" : "pairs"}`;
  if (load.kind === "pace") return `${who}, ${load.perSecond} a second, 1 in flight`;
  return `${who}, ${load.batch} in a text, ${load.flight} in flight`;
}
