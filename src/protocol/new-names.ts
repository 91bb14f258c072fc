// What a name has to be before a mailbox can begin under it: what it looks like, and like no reserved one. Names that have begun
// before this rule go on as they are, so an address is read by names.ts alone.
import { RESERVED } from "./names.ts";
import { type Refusal, refusal } from "./refusals.ts";
import { isOfOneNumbering, isOfOneScript } from "./scripts.ts";
import { skeleton } from "./skeleton.ts";

/** What is not seen, or only in some fonts. Answers: a second `alice` that nobody can tell from the first. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * Of a decomposed name: three marks that any letter can carry, five that are one script's own and write its vowels, the same one twice,
 * or a dot on a letter that has one. Answers: marks that hide behind each other, or reach into the lines above and below.
 */
const STACKED_MARKS = /\p{Script=Inherited}{3}|\p{M}{5}|(\p{M})\1|\p{Soft_Dotted}\p{M}*\u0307/u;

/** Ascii alone is one script and one numbering, and all of it is seen. */
const ASCII = /^[a-z0-9._-]+$/;

let reservedSkeletons: ReadonlySet<string> | null = null;

/** Why no mailbox can begin under this canonical name, or null. */
export function checkNewName(name: string): Refusal | null {
  const why = ASCII.test(name) ? null : problemOfLooks(name);
  if (why !== null) return { ...refusal("bad_name"), message: `This name can't be taken: ${why}.` };
  reservedSkeletons ??= new Set([...RESERVED].map(skeleton));
  if (!reservedSkeletons.has(skeleton(name))) return null;
  return { ...refusal("reserved_name"), message: "This name looks like one that is kept back." };
}

function problemOfLooks(name: string): string | null {
  if (INVISIBLE.test(name)) return "it has a character that can't be seen";
  if (STACKED_MARKS.test(name.normalize("NFD"))) return "it has more marks on a letter than can be told apart";
  if (!isOfOneNumbering(name)) return "its digits are of several kinds";
  return isOfOneScript(name) ? null : "its letters are of several scripts";
}
