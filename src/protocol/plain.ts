// The plain dialect: the format of existing pages and servers of this kind. One text is one message, both ways.
import { canonical, SYSTEM } from "./names.ts";
import { type CodeIn, type Refusal, refusal } from "./refusals.ts";
import { serializeReceivedBody } from "./received-body.ts";

/** A parsed plain text: a message with its body as JSON text, or a refusal. */
export type PlainUp =
  | { readonly type: "send"; readonly to: string; readonly body: string }
  | { readonly type: "refused"; readonly refusal: Refusal<CodeIn<"error">> };

/** Reads `{"receiver","msg",…}`, parsed. With other fields, the body is the object without the server's fields. */
export function readPlain(value: unknown): PlainUp {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refused("it is no object");
  const fields = new Map<string, unknown>(Object.entries(value));
  const receiver = fields.get("receiver");
  if (typeof receiver !== "string") return refused("receiver is missing or no text");
  const only = fields.size === 2 && fields.has("msg");
  for (const own of ["sender", "receiver", "createTime"]) fields.delete(own);
  if (fields.size === 0) return refused("msg is missing");
  const to = canonical(receiver);
  if ("refused" in to) return { type: "refused", refusal: refusal(to.refused) };
  const body = serializeReceivedBody(only ? fields.get("msg") : Object.fromEntries(fields));
  return typeof body === "string" ? { type: "send", to: to.name, body } : { type: "refused", refusal: body };
}

/**
 * A message for a plain client. The server sets `sender`, `receiver`, `createTime`, and `edited` of an edit; only system
 * messages have `code`.
 */
export function writePlain(m: { from: string; to: string; at: number; body: string; isEdited?: boolean }): string {
  const head = { sender: m.from, receiver: m.to };
  const createTime = plainTime(m.at);
  const edited = m.isEdited === true ? { edited: true } : {};
  const body: unknown = JSON.parse(m.body);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return JSON.stringify({ ...head, msg: body, createTime, ...edited });
  }
  const fields = new Map<string, unknown>(Object.entries(body));
  for (const own of ["sender", "receiver", "createTime", "code"]) fields.delete(own);
  const msg = fields.has("msg") ? fields.get("msg") : m.body;
  fields.delete("msg");
  return JSON.stringify({ ...head, msg, createTime, ...Object.fromEntries(fields), ...edited });
}

/** A refusal in the same shape, from the reserved sender. */
export function writePlainRefusal(
  to: string,
  at: number,
  why: { readonly code: string; readonly message: string },
): string {
  return JSON.stringify({
    sender: SYSTEM,
    receiver: to,
    msg: why.message,
    createTime: plainTime(at),
    code: why.code,
  });
}

function plainTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

function refused(detail: string): PlainUp {
  return { type: "refused", refusal: refusal("bad_frame", detail) };
}
