// Why a connection ended, in the language of the page. A word that this version does not know has the server's sentence.
import type { Translations } from "./translations.ts";

/** What a state of the connection says of its end. */
export interface CloseReason {
  readonly reason?: string | undefined;
  readonly message: string;
}

export function closeSentence({ reason, message }: CloseReason, words: Translations): string {
  const name = `close_${reason}`;
  return Object.hasOwn(words, name) ? (words[name as keyof Translations] as string) : message;
}
