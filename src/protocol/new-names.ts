// Rules for the name of a new mailbox: it must look like what it is, and unlike a reserved name. Mailboxes that are
// older than these rules keep their names, so parsing a name uses names.ts alone.
import { RESERVED } from "./names.ts";
import { type Refusal, refusal } from "./refusals.ts";
import { isOfOneNumbering, isOfOneScript } from "./scripts.ts";
import { skeleton } from "./skeleton.ts";

/** Characters that are invisible, at least in some fonts. Answers: a second `alice` that looks like the first. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * In a decomposed name: three marks of any script on one letter, five of its own script, the same mark twice, or a dot
 * on a dotted letter. Answers: marks that hide each other, or reach into the lines above and below.
 */
const STACKED_MARKS = /\p{Script=Inherited}{3}|\p{M}{5}|(\p{M})\1|\p{Soft_Dotted}\p{M}*\u0307/u;

/** ASCII names need no further check: one script, one numbering, all visible. */
const ASCII = /^[a-z0-9._-]+$/;

/** Computed on first use, because it needs the table of look-alikes. */
let reservedSkeletons: ReadonlySet<string> | null = null;

/** Why no mailbox can be created under this canonical name, or null. */
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
