// The choice of the page's language.
import type { JSX } from "preact";
import { type Language, LANGUAGES, type Translations } from "./translations.ts";

interface Props {
  readonly words: Translations;
  readonly language: Language;
  speak(language: Language): void;
}

export function LanguageChoice({ words, language, speak }: Props): JSX.Element {
  return (
    <select
      class="language"
      aria-label={words.language}
      value={language}
      onChange={({ currentTarget }) => speak(currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
