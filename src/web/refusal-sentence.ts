// What the page says of a refusal, in its language: the code decides, and the place where it happened. No sentence of
// the server is shown: it is English, and it is written for developers.
import { RestanteError } from "../client/connect.ts";
import type { Translations } from "./translations.ts";

/** What failed: something on the page, signing in, or a proof; or why a connection ended. */
export type Place = "act" | "enter" | "prove" | "close";

/** The sentence of a code; a general one for a code that this version does not know. */
export function refusalSentence(code: string | undefined, words: Translations, place: Place = "act"): string {
  return textOf(`${place}_${code}`, words) ?? textOf(`code_${code}`, words) ?? words.code_other;
}

/** What to say of anything that was thrown. Null where the user has cancelled a proof: its dialog has said why. */
export function errorSentence(error: unknown, words: Translations, place: Place = "act"): string | null {
  if (error instanceof RestanteError) {
    return error.code === "proof_required" ? null : refusalSentence(error.code, words, place);
  }
  // An older browser lacks the calls for passkeys.
  if (!(error instanceof DOMException)) return hasPasskeyCalls() ? words.code_other : words.noPasskeysHere;
  if (error.name === "InvalidStateError") return words.hasPasskey;
  if (error.name === "SecurityError") return words.noPasskeysHere;
  return place === "enter" ? words.noPasskeyOrCode : words.noPasskey;
}

const hasPasskeyCalls = () => !!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;

function textOf(name: string, words: Translations): string | null {
  return Object.hasOwn(words, name) ? (words[name as keyof Translations] as string) : null;
}
