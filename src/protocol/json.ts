// JSON texts: reading one without trust, and a body as the text that is kept of it. Pure; knows no frame.
import { BODY_DEPTH, exceeds, LIMITS } from "./limits.ts";
import { type Fault, fault } from "./faults.ts";

/** The value of a JSON text, or undefined. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON text of a body, or why it can't be kept. Taken from JSON, so NUL and lone surrogates come out escaped. */
export function keep(body: unknown): string | Fault {
  let text: string;
  try {
    text = JSON.stringify(body);
  } catch {
    return fault("bad_frame", `body is nested more than ${BODY_DEPTH} deep`);
  }
  if (exceeds(text, LIMITS.bodyBytes)) return fault("too_large", `a body has at most ${LIMITS.bodyBytes} bytes`);
  if (tooDeep(text)) return fault("bad_frame", `body is nested more than ${BODY_DEPTH} deep`);
  return text;
}

/** Counts levels in a JSON text, outside of its strings. */
function tooDeep(text: string): boolean {
  if (text.length <= BODY_DEPTH * 2) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (quoted) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) quoted = false;
    } else if (unit === 0x22) quoted = true;
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > BODY_DEPTH) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return false;
}
