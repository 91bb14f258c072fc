// Bodies that an application sends: any JSON value, as JSON.stringify writes it. A value that it would silently write
// as `null`, such as NaN, can't be sent.
import { serializeBody } from "../protocol/json.ts";
import { messageRefusal, type MessageRefusal } from "../protocol/message-refusals.ts";

/** A text of fewer UTF-16 units is within the limit of a body, though each unit may be six bytes of JSON. */
const SHORT_UNITS = 10_000;

/** The body as the mailbox will have it, a copy; or why it can't be sent. */
export function copyOf(body: unknown): { readonly body: unknown } | MessageRefusal {
  // Short texts need no check.
  if (typeof body === "string" && body.length < SHORT_UNITS) return { body };
  const json = serializeBody(body);
  if (typeof json !== "string") return json;
  // JSON writes `null` for what it can't express.
  const lost = json.includes("null") ? lostIn(body) : null;
  return lost === null ? { body: JSON.parse(json) } : messageRefusal("bad_frame", `body has ${lost}, which is no JSON`);
}

/** The first value for which JSON has `null` instead. */
function lostIn(body: unknown): string | null {
  let lost: string | null = null;
  JSON.stringify(body, function (this: unknown, name, value: unknown) {
    if (typeof value === "number" && !Number.isFinite(value)) lost ??= String(value);
    else if (Array.isArray(this) && ["undefined", "function", "symbol"].includes(typeof value))
      lost ??= `an item of type ${typeof value}`;
    // An invalid date becomes null before it comes here.
    else if (value === null && (this as Record<string, unknown>)[name] instanceof Date) lost ??= "an invalid Date";
    return value;
  });
  return lost;
}

/** What is wrong with a body, in a sentence, or null. */
export function problemOfBody(body: unknown): string | null {
  const copy = copyOf(body);
  return "body" in copy ? null : copy.message;
}
