// What is measured, as data: who (an entrant: a peer, on so many servers, by a client), and under which load. It starts nothing.

export type PeerName =
  | "single"
  | "redis"
  | "rabbitmq"
  | "socket.io"
  | "recovery"
  | "streams"
  | "restante"
  | "counted"
  | "people"
  | "before"
  | "people before"
  | "bare"
  | "groups"
  | "echo";

/** How a user of a peer speaks to it. */
export type ClientName = "classic" | "confirmed" | "socket.io" | "frames" | "sdk" | "echo";

export interface Entrant {
  readonly name: string;
  readonly peer: PeerName;
  readonly servers: number;
  readonly client: ClientName;
  /** How many messages share a text, at most. */
  readonly batch: number;
}

export type Load =
  /** As much as goes with so many messages in flight for each pair. */
  | { readonly kind: "flood"; readonly pairs: number; readonly flight: number }
  /** So many a second over all pairs, each when it is due, however many are under way. */
  /** `atLeast`: seconds that are counted however short the others are. */
  | { readonly kind: "pace"; readonly pairs: number; readonly perSecond: number; readonly atLeast: number }
  /** Many senders, one receiver. */
  | { readonly kind: "hot"; readonly senders: number; readonly flight: number }
  /** So many messages are stored while the receiver is away; then its device comes. */
  | { readonly kind: "backlog"; readonly messages: number }
  /** So many users are connected and silent. */
  | { readonly kind: "idle"; readonly sockets: number }
  /** The receiver's connection is cut and comes back. */
  | { readonly kind: "away"; readonly perSecond: number }
  /** What so many messages make the platform do: one after the other as people write, or so many in flight. */
  | { readonly kind: "bill"; readonly messages: number; readonly flight: number }
  | PeopleLoad;

/** Messages between two people, each alone: `gap` seconds after the one before it was delivered or read. */
export interface PeopleLoad {
  readonly kind: "people";
  readonly what: string;
  readonly pairs: number;
  /** Of each pair. */
  readonly messages: number;
  readonly gap: number;
  /** Seconds after which the receiver reads it; null: never. */
  readonly readAfter: number | null;
  /** Either of the two writes, by chance; otherwise always the same. */
  readonly alternating: boolean;
  /** Of the second one. */
  readonly devices: number;
}

export type Section = "throughput" | "latency" | "growth" | "away" | "idle" | "backlog" | "hot" | "bill" | "people";

export interface Measure {
  readonly section: Section;
  readonly entrant: Entrant;
  readonly load: Load;
}

/** What one run of a load comes to; which of them, depends on the load. */
export interface Figures {
  /** Messages a second, received and, where the peer confirms, confirmed. */
  perSecond?: number;
  /** Milliseconds from sending until the receiver has it, and until the sender knows as well. Half of all; 99 of 100. */
  received50?: number;
  received99?: number;
  confirmed50?: number;
  confirmed99?: number;
  /** CPU of all server processes together, µs a message; in cores; in seconds a minute. */
  cpuPerMessage?: number;
  cpu?: number;
  cpuPerMinute?: number;
  /** Resident memory of all server processes together, bytes: at the end, and the most. */
  memory?: number;
  peak?: number;
  memoryPerSocket?: number;
  filesPerSocket?: number;
  /** The share of one core that the load generator itself used. */
  generator?: number;
  /** Cores that everything else on the machine was busy on meanwhile: above some hundredths the figures are worth little. */
  others?: number;
  /** Messages of the slowest sender beside the mean of all. */
  slowest?: number;
  /** The share of messages that the receiver was given; how many of a thousand came again; ms from its return until it had all that was sent before. */
  delivered?: number;
  repeated?: number;
  complete?: number;
  complete99?: number;
  /** Of a thousand messages. */
  rowsWritten?: number;
  rowsRead?: number;
  calls?: number;
  textsIn?: number;
  textsOut?: number;
  fsyncs?: number;
  /** Mailboxes that came into memory. */
  wakes?: number;
}

export function titleOf({ section, entrant, load }: Measure): string {
  return `${section}: ${entrant.name}, ${loadOf(load)}`;
}

export function loadOf(load: Load): string {
  switch (load.kind) {
    case "flood":
      return `${load.pairs} ${load.pairs === 1 ? "pair" : "pairs"}, ${load.flight} in flight`;
    case "pace":
      return `${load.perSecond} a second`;
    case "hot":
      return `${load.senders} senders, ${load.flight} in flight`;
    case "backlog":
      return `${load.messages} stored`;
    case "idle":
      return `${load.sockets} sockets`;
    case "away":
      return `${load.perSecond} a second`;
    case "bill":
      return `${load.messages} messages, ${load.flight} in flight`;
    case "people":
      return load.what;
    default:
      return load satisfies never;
  }
}
