// Prices, US dollars, each with where and when it was read; a price that could only be read second-hand says so. None of it was paid.

export const READ = "2026-11-25";

/** Cloudflare, Workers Paid, beyond what is included. */
export const EDGE = {
  source: "https://developers.cloudflare.com/durable-objects/platform/pricing",
  /** A million. Calls of objects and requests; incoming texts on WebSockets count a twentieth, outgoing ones nothing. */
  requests: 0.15,
  textsInARequest: 20,
  rowsWritten: 1,
  rowsRead: 0.001,
  /** A million GB-seconds; an object that is at work counts as 128 MB. */
  duration: 12.5,
  gigabytes: 0.128,
  /** A GB in a month. */
  stored: 0.2,
} as const;

/** Assumed, not measured, s: how long both objects are at work for a call between them (two quorums and the way), and one for a text. */
export const AT_WORK = { call: 0.02, text: 0.001 } as const;

interface Hosted {
  readonly name: string;
  /** Of a million messages between two people: sent once, received once. */
  readonly perMillion: number;
  readonly how: string;
  readonly keeps: string;
  readonly source: string;
}

export const HOSTED: readonly Hosted[] = [
  {
    name: "Ably (by resources)",
    perMillion: 5,
    how: "$2.50 a million, sent and received count; $1.00 a million connection minutes and channel minutes beside it",
    keeps: "minutes; longer for one more message each",
    source:
      "ably.com/pricing/full-calculator ($2.50), second-hand 2026-05 for minutes; new accounts pay by monthly users",
  },
  {
    name: "AWS API Gateway, WebSocket",
    perMillion: 2,
    how: "$1.00 a million, sent and received count; $0.25 a million connection minutes; Lambda and a table come on top",
    keeps: "nothing",
    source:
      "amnic.com/blogs/aws-api-gateway-pricing and repost.aws, second-hand: the vendor's page fills its prices in later",
  },
  {
    name: "AWS AppSync Events",
    perMillion: 2,
    how: "$1.00 a million operations, published and delivered count; connection minutes come on top",
    keeps: "nothing",
    source: "AWS price list of 2024-09-01 (eu-west-1), second-hand",
  },
  {
    name: "Pusher Channels, Pro",
    perMillion: 1.65,
    how: "$99 a month for 4 million a day, sent and received count, if all of it is used every day",
    keeps: "nothing",
    source: "plans of pusher.com/channels/pricing, second-hand 2026-05; not confirmed",
  },
];
