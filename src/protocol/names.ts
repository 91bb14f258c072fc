// userNames: their canonical form, which is an object's name. Further rules for new mailboxes are in new-names.ts,
// which is too large for the SDK. Pure; knows nothing of authorization.
import { MAX_NAME_UNITS } from "./limits.ts";

/** The server's own sender name, and names that could be mistaken for it. None of them can have a mailbox. */
export const RESERVED: ReadonlySet<string> = new Set([
  "system",
  "restante",
  "admin",
  "administrator",
  "moderator",
  "root",
  "security",
  "support",
  "everyone",
  "nobody",
  "null",
  "undefined",
]);

const FORM = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]*$/u;
/** Names that are canonical as they are, because nothing in them folds. */
const UNFOLDED = /^[a-z0-9][a-z0-9._-]*$/;
const DEVICE_FORM = /^[A-Za-z0-9._-]+$/;

/** The sender of the server's own messages in the plain dialect. */
export const SYSTEM = "system";

/** A userName in canonical form, or the code of its refusal. */
export type NameResult = { readonly name: string } | { readonly refused: "bad_name" | "reserved_name" };

/**
 * The canonical form of a userName: NFKC, lower case, NFKC; 1–64 UTF-16 units of letters, marks and digits of any
 * script and `. _ -`, the first a letter or digit. All spellings of a name have one canonical form, which maps to
 * itself. Refuses with `bad_name` or `reserved_name`.
 */
export function canonical(raw: string): NameResult {
  if (raw.length > MAX_NAME_UNITS * 4) return { refused: "bad_name" };
  const plain = UNFOLDED.test(raw);
  const name = plain ? raw : fold(raw);
  if (name.length > MAX_NAME_UNITS || !(plain || (FORM.test(name) && fold(name) === name)))
    return { refused: "bad_name" };
  return RESERVED.has(name) ? { refused: "reserved_name" } : { name };
}

/** Whether `text` is a valid device name: 1–64 of `A-Z a-z 0-9 . _ -`. */
export function isDeviceName(text: string): boolean {
  return text.length <= MAX_NAME_UNITS && DEVICE_FORM.test(text);
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}
