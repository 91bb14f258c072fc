// The way in: what this is, how the user wants to come in, and the form for it. With accounts a new user claims a name,
// and others bring a code or a passkey; in an open deployment a name is enough; where tokens come from elsewhere, one is
// entered.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Brand } from "./brand.tsx";
import { LanguageChoice } from "./language-choice.tsx";
import { Problem } from "./problem.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import type { Language, Translations } from "./translations.ts";
import { type SignInOptions, type SignInState, useSignIn } from "./use-sign-in.ts";

interface Props extends SignInOptions {
  readonly language: Language;
  /** Why a connection has ended, where nothing of what was entered is wrong. */
  readonly news: string | null;
  speak(language: Language): void;
}

export function SignIn({ language, news, speak, ...options }: Props): JSX.Element {
  const { entrance, words } = options;
  const form = useSignIn(options);
  return (
    <main class="entrance">
      <Brand words={words} />
      {news !== null && (
        <p class="news" role="status">
          {news}
        </p>
      )}
      {!isSecureContext && <Insecure auth={entrance.auth} words={words} />}
      {(isSecureContext || entrance.auth !== "accounts") && (
        <Ways entrance={entrance} words={words} form={form} link={options.link} />
      )}
      <LanguageChoice words={words} language={language} speak={speak} />
    </main>
  );
}

/** With accounts nobody can sign in: the cookie is for https alone, and without it a claimed name would be lost. */
function Insecure({ auth, words }: { readonly auth: string; readonly words: Translations }): JSX.Element {
  return (
    <p class="news wrong" role="alert">
      {auth === "accounts" ? words.needsHttps : words.wantsHttps}
    </p>
  );
}

interface WaysProps extends Pick<SignInOptions, "entrance" | "words" | "link"> {
  readonly form: SignInState;
}

function Ways({ entrance, words, form, link }: WaysProps): JSX.Element {
  if (form.way === "choose") return <Choice words={words} form={form} />;
  if (form.way !== "link" || link === null) return <SignInForm entrance={entrance} words={words} form={form} />;
  return (
    <section aria-labelledby="way">
      <h2 id="way">{words.linkTitle(link.userName)}</h2>
      <p>{words.linkHint}</p>
      <Problem problem={form.problem} />
      <button type="button" aria-disabled={form.isBusy} onClick={form.submit}>
        {form.isBusy ? words.working : words.signIn}
      </button>
      <button type="button" class="quiet" onClick={form.back}>
        {words.cancel}
      </button>
    </section>
  );
}

function Choice({ words, form }: Omit<WaysProps, "entrance" | "link">): JSX.Element {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <section>
      <button ref={first} type="button" onClick={() => form.choose("new")}>
        {words.isNew}
      </button>
      <button type="button" class="plain" onClick={() => form.choose("known")}>
        {words.isKnown}
      </button>
      <button type="button" class="quiet" onClick={() => form.choose("passkey")}>
        {words.usePasskey}
      </button>
    </section>
  );
}
