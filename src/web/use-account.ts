// The state of the app for the account's dialog, with the dialog's own words.
import { type App, useApp } from "./app-state.ts";
import { ACCOUNT_WORDS, type AccountWords } from "./account-words.ts";
import type { Translations } from "./translations.ts";

export function useAccount(): App & { readonly words: Translations & AccountWords } {
  const app = useApp();
  return { ...app, words: { ...app.words, ...ACCOUNT_WORDS[app.language] } };
}
