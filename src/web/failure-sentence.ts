// Why a message was not sent, in the language of the page. A code that this version does not know has the server's
// sentence.
import type { MessageState } from "../client/connect.ts";
import type { Translations } from "./translations.ts";

type Failed = Extract<MessageState, { is: "failed" }>;

/** `peer`: the name of the receiver, as the page shows it. */
export function failureSentence({ code, message }: Failed, peer: string, words: Translations): string {
  const name = `fail_${code}`;
  if (!Object.hasOwn(words, name)) return words.failed(message);
  const known = words[name as keyof Translations] as string | ((name: string) => string);
  return words.failed(typeof known === "string" ? known : known(peer));
}
