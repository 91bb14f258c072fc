// Serializes a body that was received: unchanged or not at all. A number beyond a double's range is refused, because
// JSON.parse makes Infinity of it and JSON.stringify would write null. Not in json.ts, so that the SDK does not include
// it.
import { type BodyRefusal, serializeBody } from "./json.ts";
import { messageRefusal } from "./message-refusals.ts";

/** The JSON text of a body that JSON.parse returned, or why it is refused. */
export function serializeReceivedBody(body: unknown): string | BodyRefusal {
  const text = serializeBody(body);
  // Only a text that contains null can have lost a number, so most bodies end here. Nesting is limited by now.
  if (typeof text !== "string" || !text.includes("null") || !hasInfinity(body)) return text;
  return messageRefusal("bad_frame", "a number in body is out of range");
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return (Array.isArray(value) ? value : Object.values(value)).some(hasInfinity);
}
