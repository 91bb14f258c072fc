// Why a connection ended: a word for programs and a sentence for people, also where little more than a close code
// arrived. And which close codes are final.

import type { RestanteError } from "./errors.ts";

/** A connection that is over: as the frame `closing` says it, or as far as the close frame alone does. */
export interface Close {
  /** A close code; absent where the connection broke. */
  readonly code?: number | undefined;
  /** The word: a code of PROTOCOL.md's table of refusals. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** The least ms until the next attempt. */
  readonly retryAfter?: number | undefined;
  /** Why this side has no token, or no socket. */
  readonly error?: RestanteError;
}

/** The connection broke, without a close frame. */
const BROKEN = 1006;

/** The words of close codes, for servers up to 0.3, which say none. */
const WORDS: Readonly<Record<number, string>> = {
  1009: "too_large",
  1011: "internal",
  1012: "disconnected",
  4400: "bad_query",
  4401: "unauthorized",
  4403: "forbidden",
  4406: "no_version",
  4409: "replaced",
  4429: "rate_limited",
};

/** Whether the same attempt would only fail again. A range is for codes of later versions. */
export function isFinal(code: number): boolean {
  return [1009, 4400, 4403, 4406, 4409].includes(code) || (code >= 4450 && code < 4480);
}

/** A close frame: its reason is the word, in most of a server up to 0.3 the sentence. */
export function readClose(code = BROKEN, text = ""): Close {
  if (code === BROKEN) return {};
  return /^[a-z_]+$/.test(text) ? { code, reason: text } : { code, message: text };
}

/** The same, with the word that the code alone says, and a general sentence in place of a missing one. */
export function completeClose({ code, reason, message, error }: Close): Omit<Close, "retryAfter"> {
  if (error !== undefined) return { reason, message, error };
  if (code === undefined) return {};
  const word = reason ?? WORDS[code];
  return { code, reason: word, message: message || `The server closed the connection: ${word ?? code}.` };
}
