// The versions: of the wire between client and mailbox, and of what mailboxes say to each other. Whole numbers that only grow.

/** The wire's version; the subprotocol carries it. */
export const VERSION = 1;

/** The version of a call between two mailboxes. Old and new code meet for minutes during a deploy. */
export const PEERING = 1;

export const V1 = "restante.v1";
export const PLAIN = "restante.plain";

export type Dialect = typeof V1 | typeof PLAIN;

/** What the subprotocols that a client offered come to: a dialect, and the name to answer with, if any. */
export type Offer = { readonly dialect: Dialect; readonly answer: string | null } | { readonly unknown: string | null };

/**
 * The first dialect offered in `Sec-WebSocket-Protocol`; without any, plain. A `bearer.…` beside it is a token and is never
 * the answer. `unknown` where only others were offered: another version of ours by its name, or null.
 */
export function chooseDialect(header: string | null): Offer {
  const offered = (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("bearer."));
  for (const name of offered) {
    if (name === V1 || name === PLAIN) return { dialect: name, answer: name };
  }
  if (offered.length === 0) return { dialect: PLAIN, answer: null };
  return { unknown: offered.find((name) => /^restante\.v\d+$/.test(name)) ?? null };
}
