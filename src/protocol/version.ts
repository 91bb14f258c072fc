// The versions of the wire between client and mailbox, and of calls between mailboxes. Whole numbers that only grow.

/** The wire's version, as in the subprotocol's name. */
export const VERSION = 1;

/** The version of calls between mailboxes. Old and new code run together for minutes during a deploy. */
export const PEERING = 1;

export const V1 = "restante.v1";
export const PLAIN = "restante.plain";

export type Dialect = typeof V1 | typeof PLAIN;

/** The choice among the offered subprotocols: a dialect, and the name to answer with, if any. */
export type Offer = { readonly dialect: Dialect; readonly answer: string | null } | { readonly unknown: string | null };

/**
 * The first known dialect in `Sec-WebSocket-Protocol`; plain without the header. A `bearer.…` is a token and never the
 * answer. `unknown` if only others were offered: the name of another version of restante, or null.
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
