// What a name looks like: its skeleton, as UTS #39 has it. Two names with one skeleton can't be told apart by their letters. For
// comparing alone: a skeleton is no name, and is shown to nobody. The SDK does not import it: the table is half of its size.
import { CONFUSABLES } from "./confusables.ts";

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** From a character to what it looks like. Read when it is first needed: most servers' first names are years old. */
let prototypes: ReadonlyMap<string, string> | null = null;

/** The skeleton of a canonical name: decomposed, without what can't be seen, each character in its prototype's place, decomposed. */
export function skeleton(name: string): string {
  prototypes ??= readTable();
  let text = "";
  for (const character of name.normalize("NFD").replace(INVISIBLE, "")) text += prototypes.get(character) ?? character;
  return text.normalize("NFD");
}

function readTable(): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  let prototype = "";
  for (const word of CONFUSABLES.trim().split(/\s+/)) {
    if (word.startsWith("=")) prototype = word.slice(1).split("+").map(decoded).join("");
    else table.set(decoded(word), prototype);
  }
  return table;
}

function decoded(word: string): string {
  return String.fromCodePoint(Number.parseInt(word, 36));
}
