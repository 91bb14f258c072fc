// A body as it came from outside, kept as it is or not at all: what JSON.parse made of a number that no double can hold is refused, because
// JSON would keep it as null. Apart from json.ts, so that the SDK need not carry it.
import { type MessageRefusal, messageRefusal } from "./message-refusals.ts";
import { serializeBody } from "./json.ts";

/** The JSON text of a body that JSON.parse has made, or why it can't be kept. */
export function serializeReceivedBody(body: unknown): string | MessageRefusal {
  const text = serializeBody(body);
  // Only a text with a null in it may have lost a number: nearly every one is done here. Deeper than keep allows is nothing by now.
  if (typeof text !== "string" || !text.includes("null") || !hasInfinity(body)) return text;
  return messageRefusal("bad_frame", "a number in body is out of range");
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return (Array.isArray(value) ? value : Object.values(value)).some(hasInfinity);
}
