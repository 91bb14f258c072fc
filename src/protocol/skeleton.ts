// The skeleton of a name, as defined in UTS #39: names with the same skeleton look the same. For comparison only; it is
// never shown. The SDK does not import this file, because the table is half of the SDK's size.
import { CONFUSABLES } from "./confusables.ts";

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** From a character to the one it looks like. Parsed on first use, because most isolates never need it. */
let prototypes: ReadonlyMap<string, string> | null = null;

/** The skeleton of a canonical name: decomposed, without invisible characters, each one replaced by its prototype. */
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
