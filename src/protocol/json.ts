// JSON: parses untrusted text, and serializes bodies to the text that is stored. Pure; knows no frame.
import { MAX_BODY_BYTES, MAX_BODY_DEPTH, exceedsBytes } from "./limits.ts";
import { messageRefusal, type RefusalRow } from "./message-refusals.ts";

/** The value of a JSON text, or undefined if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a body is refused. */
export type BodyRefusal = RefusalRow<"bad_frame" | "too_large">;

/** The JSON text of a body, or why it is refused. JSON.stringify escapes NUL and lone surrogates. */
export function serializeBody(body: unknown): string | BodyRefusal {
  const deep = `body is nested more than ${MAX_BODY_DEPTH} deep`;
  // JSON.stringify returns undefined for `undefined` and functions, and throws for a BigInt or a cycle. A RangeError is
  // a stack overflow, so the body is nested too deeply.
  let problem = `body is ${typeof body}`;
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch (error) {
    problem = error instanceof RangeError ? deep : String(error);
  }
  if (text === undefined) return messageRefusal("bad_frame", problem);
  if (exceedsBytes(text, MAX_BODY_BYTES))
    return messageRefusal("too_large", `a body has at most ${MAX_BODY_BYTES} bytes`);
  return isTooDeep(text) ? messageRefusal("bad_frame", deep) : text;
}

/** Counts nesting levels in a JSON text, outside of strings. Brackets and braces differ by one bit. */
function isTooDeep(text: string): boolean {
  if (text.length <= MAX_BODY_DEPTH * 2) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) quoted = !quoted;
    else if (quoted) {
      if (unit === 0x5c) i++;
    } else if ((unit | 0x20) === 0x7b) {
      if (++depth > MAX_BODY_DEPTH) return true;
    } else if ((unit | 0x20) === 0x7d) depth--;
  }
  return false;
}
