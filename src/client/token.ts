// The token of the caller: asked for within a time, and in a form that a subprotocol and a header can carry.
import { RestanteError, sentenceOf } from "./errors.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

/**
 * A token, or a function that gives a fresh one: before each attempt to connect, before the last token expires, and for
 * requests. `signal` is aborted when nobody waits for the token any more.
 */
export type Token = string | ((options: { readonly signal: AbortSignal }) => string | Promise<string>);

/** The characters of a subprotocol (RFC 9110, `token`). */
const SUBPROTOCOL = /^[\w!#$%&'*+.^`|~-]+$/;

/** The token, without the blanks around it. Rejects with `token_failed`, or with `bad_token`. */
export async function readToken(token: Token | undefined, wait: WaitOptions): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const text = typeof token === "function" ? await askFor(token, wait) : token;
  const trimmed = text.trim();
  if (SUBPROTOCOL.test(trimmed)) return trimmed;
  const what = trimmed === "" ? "is empty" : "has a character that a subprotocol can't carry, such as a blank, / or =";
  throw new RestanteError("bad_token", `The token ${what}.`);
}

async function askFor(token: Exclude<Token, string>, wait: WaitOptions): Promise<string> {
  let text: unknown;
  try {
    text = await waitFor((signal) => token({ signal }), wait);
  } catch (cause) {
    throw new RestanteError("token_failed", `The token function failed: ${sentenceOf(cause)}`, { cause });
  }
  if (typeof text === "string") return text;
  throw new RestanteError("token_failed", `The token function gave no text: its type is ${typeof text}.`);
}
