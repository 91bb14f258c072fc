// Why a connection ended: a word for programs and a sentence for people, also where little more than a close code
// arrived. And which close codes are final.

/** A connection that is over: as the frame `closing` says it, or as far as the close frame alone does. */
export interface Close {
  /** A close code; absent where the connection broke. */
  readonly code?: number | undefined;
  /** The word: a code of PROTOCOL.md's table of refusals. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** The least ms until the next attempt. */
  readonly retryAfter?: number | undefined;
}

/** The connection broke, without a close frame. */
const BROKEN = 1006;

/** By close code: a close frame has no sentence, and one of a server up to 0.3 has no word. */
const KNOWN: ReadonlyMap<number, readonly [word: string, sentence?: string]> = new Map([
  [1009, ["too_large", "A message was larger than the server allows."]],
  [1011, ["internal"]],
  [1012, ["disconnected"]],
  [4400, ["bad_query", "The server does not accept this name or this address."]],
  [4401, ["unauthorized", "The server did not accept the token."]],
  [4403, ["forbidden", "This is not allowed."]],
  [4406, ["no_version", "The server speaks another version of the protocol."]],
  [4409, ["replaced", "Another connection took the place of this one."]],
  [4429, ["rate_limited", "The server asks for a pause."]],
]);

/** Codes after which the same attempt would only fail again, and a range for those of later versions. */
const FINAL = new Set([1009, 4400, 4403, 4406, 4409]);

export function isFinal(code = 0): boolean {
  return FINAL.has(code) || (code >= 4450 && code < 4480);
}

/** A close frame: its reason is the word, in most of a server up to 0.3 the sentence. */
export function readClose(code = BROKEN, text = ""): Close {
  if (code === BROKEN) return {};
  return /^[a-z_]+$/.test(text) ? { code, reason: text } : { code, message: text };
}

/** The same, with what the code alone says. */
export function completeClose({ code = 0, reason, message }: Close): Omit<Close, "retryAfter"> {
  const [word, sentence] = KNOWN.get(code) ?? [];
  return { code: code || undefined, reason: reason ?? word, message: message || sentence };
}
