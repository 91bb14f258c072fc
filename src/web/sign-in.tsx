// The form to sign in. With accounts a free name is claimed, and a taken one asks for a code or a passkey; in an open
// deployment a name is enough; where tokens come from elsewhere, one is entered.
import type { JSX } from "preact";
import type { Entrance } from "../client/connect.ts";
import { Brand } from "./brand.tsx";
import { RecoveryCode } from "./recovery.tsx";
import type { Translations } from "./translations.ts";
import { type Entered, type SignInState, useSignIn } from "./use-sign-in.ts";

interface Props {
  readonly entrance: Entrance;
  readonly words: Translations;
  /** The server's sentence, where it has ended a connection. */
  readonly reason: string | null;
  entered(user: Entered): void;
}

export function SignIn({ entrance, words, reason, entered }: Props): JSX.Element {
  const form = useSignIn(entrance, words, reason, entered);
  const { recovery } = form;
  if (recovery !== null) {
    return (
      <main class="entrance">
        <section>
          <h1>{words.recoveryTitle}</h1>
          <RecoveryCode {...recovery} words={words} kept={() => entered(recovery)} />
        </section>
      </main>
    );
  }
  return (
    <main class="entrance">
      <Brand words={words} />
      <SignInForm entrance={entrance} words={words} form={form} />
    </main>
  );
}

interface FormProps {
  readonly words: Translations;
  readonly form: SignInState;
}

function SignInForm({ entrance, words, form }: FormProps & { readonly entrance: Entrance }): JSX.Element {
  const { auth, registration } = entrance;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
      noValidate
    >
      <h1>{words.welcome}</h1>
      <p class="soft">{auth === "open" ? words.nameHintOpen : words.nameHint}</p>
      <NameField words={words} form={form} />
      {(auth === "jwt" || (registration === "invite" && !form.isTaken)) && (
        <ExtraField label={auth === "jwt" ? words.token : words.invitation} form={form} />
      )}
      {form.isTaken && <CodeField words={words} form={form} />}
      <p id="problem" class="problem" role="alert">
        {form.problem}
      </p>
      <button type="submit" disabled={form.isBusy}>
        {form.isBusy ? words.working : form.isTaken ? words.signIn : words.go}
      </button>
      {form.isTaken && (
        <div class="row">
          <button type="button" class="quiet" onClick={() => form.usePasskey()} disabled={form.isBusy}>
            {words.usePasskey}
          </button>
          <button type="button" class="quiet" onClick={() => form.chooseOtherName()}>
            {words.otherName}
          </button>
        </div>
      )}
    </form>
  );
}

function NameField({ words, form }: FormProps): JSX.Element {
  return (
    <>
      <label for="name">{words.name}</label>
      <input
        id="name"
        value={form.name}
        onInput={({ currentTarget }) => form.setName(currentTarget.value)}
        readOnly={form.isTaken}
        autocomplete="username webauthn"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="problem"
      />
    </>
  );
}

/** The invitation, or the token. */
function ExtraField({ label, form }: { readonly label: string; readonly form: SignInState }): JSX.Element {
  return (
    <>
      <label for="extra">{label}</label>
      <input
        id="extra"
        value={form.extra}
        onInput={({ currentTarget }) => form.setExtra(currentTarget.value)}
        autocomplete="off"
      />
    </>
  );
}

function CodeField({ words, form }: FormProps): JSX.Element {
  return (
    <>
      <p>{words.taken}</p>
      <label for="code">{words.code}</label>
      <input
        id="code"
        value={form.code}
        onInput={({ currentTarget }) => form.setCode(currentTarget.value)}
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="problem"
      />
    </>
  );
}
