// The face of the page: the logo, a letter that is also a speech bubble, the name, and one sentence that says what it is.
import type { JSX } from "preact";
import type { Translations } from "./translations.ts";

export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 48 48" aria-hidden="true">
      <path
        class="logo-bubble"
        d="M12 6h24a8 8 0 0 1 8 8v14a8 8 0 0 1-8 8H24l-9 7v-7h-3a8 8 0 0 1-8-8V14a8 8 0 0 1 8-8z"
      />
      <path class="logo-flap" d="m12 15 12 10 12-10" />
    </svg>
  );
}

export function Brand({ words }: { readonly words: Translations }): JSX.Element {
  return (
    <header class="brand">
      <Logo />
      <h1 class="brand-name">{words.title}</h1>
      <p class="soft">{words.tagline}</p>
    </header>
  );
}

/** What is shown until the page knows who uses it: the same as index.html, so that nothing flickers. */
export function Splash({ label }: { readonly label: string }): JSX.Element {
  return (
    <main class="splash">
      <Logo />
      <p class="brand-name">Restante</p>
      <p class="spoken" role="status">
        {label}
      </p>
    </main>
  );
}
