// Why a message has failed, in the language of the page.
import { refusalSentence } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";

/** The sentence for a message to `peer` that failed with this code. */
export function failureSentence({ code }: { readonly code: string }, peer: string, words: Translations): string {
  const name = `failed_${code}`;
  if (!Object.hasOwn(words, name)) return words.notSent + refusalSentence(code, words);
  const text = words[name as keyof Translations] as string | ((peer: string) => string);
  return typeof text === "string" ? text : text(peer);
}
