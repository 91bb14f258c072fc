// Bodies that an application sends: any JSON value, and nothing that JSON would change in silence.
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
  JSON.stringify(body, function (this: unknown, _name, value: unknown) {
    const isLost =
      typeof value === "number"
        ? !Number.isFinite(value)
        : Array.isArray(this) && ["undefined", "function", "symbol"].includes(typeof value);
    if (isLost) lost ??= typeof value === "number" ? String(value) : `an item of type ${typeof value}`;
    return value;
  });
  return lost;
}

/** What is wrong with a body, in a sentence, or null. */
export function problemOfBody(body: unknown): string | null {
  const copy = copyOf(body);
  return "body" in copy ? null : copy.message;
}
