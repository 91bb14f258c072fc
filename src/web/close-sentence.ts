// Why a connection ended, in the language of the page.
import { refusalSentence } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";

/** What a state of the connection says of its end. */
export interface CloseReason {
  readonly reason?: string | undefined;
}

export function closeSentence({ reason }: CloseReason, words: Translations): string {
  return refusalSentence(reason, words, "close");
}
