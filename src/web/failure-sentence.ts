// Why a message has failed, in the language of the page.
import { refusalSentence } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";

/** The sentence for a message to `peer` that failed with this code. */
export function failureSentence({ code }: { readonly code: string }, peer: string, words: Translations): string {
  const name = `failed_${code}`;
  if (!Object.hasOwn(words, name)) return `${words.failed_other} ${refusalSentence(code, words)}`;
  return (words[name as keyof Translations] as (peer: string) => string)(peer);
}
