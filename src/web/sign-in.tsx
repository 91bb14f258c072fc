// The way in, for each mode of the server: a free name is claimed, a taken one asks for a code or a passkey; where anybody may open any
// mailbox a name is enough; where tokens come from elsewhere, one is entered.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { claim, type Entrance, problemOfName, Refused, signIn, signInWithPasskey } from "../client/connect.ts";
import { RecoveryCode } from "./recovery.tsx";
import type { Translations } from "./translations.ts";

/** Who came in: with a token only where there is no cookie. */
export interface Entered {
  readonly userName: string;
  readonly token?: string;
}

interface Props {
  readonly entrance: Entrance;
  readonly words: Translations;
  /** What the server has said, where it has ended a connection. */
  readonly why: string | null;
  entered(who: Entered): void;
}

export function SignIn({ entrance, words, why, entered }: Props): JSX.Element {
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const [extra, setExtra] = useState("");
  const [taken, setTaken] = useState(false);
  const [problem, setProblem] = useState(why);
  const [busy, setBusy] = useState(false);
  const [recovery, setRecovery] = useState<{ readonly userName: string; readonly code: string } | null>(null);
  const { auth, registration } = entrance;
  const url = location.origin;

  /** Does it, and shows what went wrong. */
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused && error.code === "name_taken") setTaken(true);
      else if (error instanceof Refused) setProblem(error.message);
      else setProblem(error instanceof DOMException ? words.noPasskey : words.unreachable);
    }
    setBusy(false);
  };

  const proceed = (userName: string, recoveryCode: string | null) => {
    if (recoveryCode === null) entered({ userName });
    else setRecovery({ userName, code: recoveryCode });
  };

  const submit = (event: Event) => {
    event.preventDefault();
    const userName = name.trim();
    const wrong = problemOfName(userName);
    if (wrong !== null) return setProblem(wrong);
    if (auth === "open") return entered({ userName });
    if (auth === "jwt") return entered({ userName, token: extra.trim() });
    void attempt(async () => {
      const invitation = registration === "invite" && extra !== "" ? { invitation: extra.trim() } : {};
      const signed = taken ? await signIn(url, { userName, code }) : await claim(url, { userName, ...invitation });
      proceed(signed.userName, signed.recoveryCode);
    });
  };

  const passkey = () =>
    void attempt(async () => proceed((await signInWithPasskey(url, { userName: name.trim() })).userName, null));

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
      <form onSubmit={submit} noValidate>
        <h1>{words.welcome}</h1>
        <p class="soft">{auth === "open" ? words.nameHintOpen : words.nameHint}</p>
        <label for="name">{words.name}</label>
        <input
          id="name"
          value={name}
          onInput={({ currentTarget }) => {
            setName(currentTarget.value);
            setProblem(null);
          }}
          readOnly={taken}
          autocomplete="username webauthn"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="problem"
        />
        {(auth === "jwt" || (registration === "invite" && !taken)) && (
          <>
            <label for="extra">{auth === "jwt" ? words.token : words.invitation}</label>
            <input
              id="extra"
              value={extra}
              onInput={({ currentTarget }) => setExtra(currentTarget.value)}
              autocomplete="off"
            />
          </>
        )}
        {taken && (
          <>
            <p>{words.taken}</p>
            <label for="code">{words.code}</label>
            <input
              id="code"
              value={code}
              onInput={({ currentTarget }) => setCode(currentTarget.value)}
              autocomplete="one-time-code"
              autocapitalize="none"
              spellcheck={false}
              aria-describedby="problem"
            />
          </>
        )}
        <p id="problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" disabled={busy}>
          {busy ? words.working : taken ? words.signIn : words.go}
        </button>
        {taken && (
          <div class="row">
            <button type="button" class="quiet" onClick={passkey} disabled={busy}>
              {words.usePasskey}
            </button>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                setTaken(false);
                setCode("");
                setProblem(null);
              }}
            >
              {words.otherName}
            </button>
          </div>
        )}
      </form>
    </main>
  );
}
