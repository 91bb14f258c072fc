// Names: one spelling for every mailbox, made before it becomes an object's name. What else a name has to be before it can begin:
// new-names.ts, which is too large for the SDK. Pure; knows nothing of who may open what.
import { MAX_NAME_UNITS } from "./limits.ts";

/** The dialects' own voice and names that people would mistake for it; nobody's mailbox. */
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
/** Canonical as it stands: nothing in it folds. */
const UNFOLDED = /^[a-z0-9][a-z0-9._-]*$/;
const DEVICE_FORM = /^[A-Za-z0-9._-]+$/;

/** The sender of whatever the server itself says in the plain dialect. */
export const SYSTEM = "system";

export type NameResult = { readonly name: string } | { readonly refused: "bad_name" | "reserved_name" };

/**
 * The canonical form of a userName: NFKC, lower case, NFKC; 1–64 UTF-16 units of letters, marks and digits of any script
 * and `. _ -`, the first a letter or digit. Two spellings of one name give one canonical form, and that form gives itself.
 * Refuses with `bad_name` or `reserved_name`.
 */
export function canonical(raw: string): NameResult {
  if (raw.length > MAX_NAME_UNITS * 4) return { refused: "bad_name" };
  const plain = UNFOLDED.test(raw);
  const name = plain ? raw : fold(raw);
  if (name.length > MAX_NAME_UNITS || !(plain || (FORM.test(name) && fold(name) === name)))
    return { refused: "bad_name" };
  return RESERVED.has(name) ? { refused: "reserved_name" } : { name };
}

/** Whether `text` is a device's name: 1–64 of `A-Z a-z 0-9 . _ -`. */
export function isDeviceName(text: string): boolean {
  return text.length <= MAX_NAME_UNITS && DEVICE_FORM.test(text);
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}
