// Display names: what a user is called in lists, beside the userName, which alone says who it is. Not in the SDK: the
// server checks them.
import { MAX_NAME_UNITS } from "./limits.ts";

/** All white space between words is one blank. */
const BLANKS = /[\p{Z}\t]+/gu;

/**
 * Emoji are put together with U+200D, and letters of some scripts need it or U+200C between them; U+FE0F chooses the
 * emoji of a character. Elsewhere they can't be seen.
 */
const JOINED =
  /(?<=[\p{L}\p{M}\p{Emoji}\uFE0F])[\u200C\u200D](?=[\p{L}\p{Extended_Pictographic}])|(?<=\p{Emoji})\uFE0F/gu;

/**
 * Control characters, marks of direction, unassigned and private characters, and those that can't be seen. Answers: a
 * name that hides its end, that turns the text around it, or that is empty to the eye.
 */
const REFUSED = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u;

/** Answers: marks that reach into the lines above and below. */
const STACKED_MARKS = /\p{M}{5}/u;

/** Something to see: a letter, a digit, or a symbol. */
const VISIBLE = /[\p{L}\p{N}\p{S}]/u;

/** The display name of a text, in NFC and with single blanks; null where it can't be one. */
export function readDisplayName(text: string): string | null {
  if (text.length > MAX_NAME_UNITS * 4) return null;
  const name = text.normalize("NFC").replace(BLANKS, " ").trim();
  const isShort = name.length >= 1 && name.length <= MAX_NAME_UNITS;
  if (!isShort || REFUSED.test(name.replace(JOINED, ""))) return null;
  return STACKED_MARKS.test(name.normalize("NFD")) || !VISIBLE.test(name) ? null : name;
}
