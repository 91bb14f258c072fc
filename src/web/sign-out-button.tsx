// The button to sign out. It asks where something would be lost: messages that wait to be sent, or the last way back in.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useSelected } from "./app-state.ts";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";
import { useShown } from "./use-shown.ts";
import { useAccount } from "./use-account.ts";

/** How long the question waits for the server. */
const ANSWER_MS = 3_000;

type Question = "unsent" | "lastWay" | "maybeLastWay" | null;

export function SignOut(): JSX.Element {
  const { words, signOut } = useAccount();
  const [question, ask] = useState<Question>(null);
  const { problem, setProblem, attempt } = useAttempt();
  const waiting = useWaiting();
  const questionOfWays = useLastWay();
  const run = async () => {
    if (!(await signOut())) setProblem(words.notSignedOut);
  };
  const begin = async () => {
    const asked = waiting === "" ? await questionOfWays() : "unsent";
    if (asked === null) await run();
    else ask(asked);
  };
  return (
    <>
      <button type="button" class="quiet" aria-expanded={question !== null} onClick={() => attempt(begin)}>
        {words.signOut}
      </button>
      {question !== null && (
        <Asked
          text={question !== "unsent" ? words[question] : waiting === "" ? words.allSent : words.unsent(waiting)}
          label={question !== "unsent" ? words.signOutAnyway : words.loseUnsent}
          go={() => attempt(run)}
          cancel={() => ask(null)}
        />
      )}
      <Problem problem={problem} />
    </>
  );
}

interface AskedProps {
  readonly text: string;
  readonly label: string;
  go(): void;
  cancel(): void;
}

function Asked({ text, label, go, cancel }: AskedProps): JSX.Element {
  const { words } = useAccount();
  const first = useRef<HTMLButtonElement>(null);
  useShown(first);
  return (
    <div class="asked" role="alertdialog" aria-label={words.signOut} aria-describedby="sign-out-question">
      <p id="sign-out-question">{text}</p>
      <div class="row">
        <button ref={first} type="button" class="danger" onClick={go}>
          {label}
        </button>
        <button type="button" class="quiet" onClick={cancel}>
          {words.cancel}
        </button>
      </div>
    </div>
  );
}

/** To whom messages wait to be sent. */
function useWaiting(): string {
  const { me } = useAccount();
  return useSelected(me.conversations, (all) =>
    all
      .filter(({ last }) => last.state?.is === "sending")
      .map(({ peer }) => peer)
      .join(", "),
  );
}

/**
 * The question where nothing but the recovery code would lead back, or the server does not say so in time. Without a
 * network nobody is asked: signing out is finished later.
 */
function useLastWay(): () => Promise<Question> {
  const { me, auth } = useAccount();
  return async () => {
    if (auth !== "accounts") return null;
    const ways = Promise.all([me.account.devices(), me.account.passkeys()]);
    const known = ways.then(([devices, passkeys]) =>
      devices.length === 1 && passkeys.length === 0 ? ("lastWay" as const) : null,
    );
    const late = new Promise<Question>((done) => setTimeout(() => done("maybeLastWay"), ANSWER_MS));
    return Promise.race([known, late]).catch(() => null);
  };
}
