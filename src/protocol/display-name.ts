// Display names: what a user is called in lists, beside the userName, which alone says who it is. Not in the SDK: the
// server checks them.
import { MAX_NAME_UNITS } from "./limits.ts";

/** All white space between words is one blank. */
const BLANKS = /[\p{Z}\t]+/gu;

/** Scripts whose letters need U+200C or U+200D between them. */
const JOINING = "Arab|Beng|Deva|Gujr|Guru|Knda|Khmr|Mlym|Mong|Mymr|Nkoo|Orya|Sinh|Syrc|Taml|Telu|Tibt"
  .split("|")
  .map((script) => `\\p{scx=${script}}`)
  .join("");
const LETTER_OF_JOINING = `[[\\p{L}\\p{M}]&&[${JOINING}]]`;

/**
 * Where characters that can't be seen are needed: in emoji, and between letters of those scripts. Answers: names that
 * differ, and look the same.
 */
const NEEDED = `\\p{RGI_Emoji}|(?<=${LETTER_OF_JOINING})[\\u200C\\u200D](?=${LETTER_OF_JOINING})`;
/** Parsed on first use: that takes 12 ms (V8, 2026-11), and few names have such characters. */
let needed: RegExp | null = null;

/**
 * Control characters, marks of direction, unassigned and private characters, and those that can't be seen. Answers: a
 * name that hides its end, that turns the text around it, or that is empty to the eye.
 */
const REFUSED = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{13441}\u{13442}\u{1D159}]/u;

/** Answers: marks that reach into the lines above and below. */
const STACKED_MARKS = /\p{M}{5}/u;

/** Something to see: a letter, a digit, or a symbol. */
const VISIBLE = /[\p{L}\p{N}\p{S}]/u;

/** The display name of a text, in NFC and with single blanks; null where it can't be one. */
export function readDisplayName(text: string): string | null {
  if (text.length > MAX_NAME_UNITS * 4) return null;
  const name = text.normalize("NFC").replace(BLANKS, " ").trim();
  const isShort = name.length >= 1 && name.length <= MAX_NAME_UNITS;
  if (!isShort || hasRefused(name)) return null;
  return STACKED_MARKS.test(name.normalize("NFD")) || !VISIBLE.test(name) ? null : name;
}

function hasRefused(name: string): boolean {
  if (!REFUSED.test(name)) return false;
  needed ??= new RegExp(NEEDED, "gv");
  return REFUSED.test(name.replace(needed, ""));
}
