// The button to sign out. It asks where something would be lost: first messages that were not sent, then the last way
// back in.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useSelected } from "./app-state.ts";
import { Asked } from "./asked.tsx";
import { isolated } from "./isolated-name.ts";
import { Problem } from "./problem.tsx";
import { unsentTo } from "./unsent.ts";
import { useAttempt } from "./use-attempt.ts";
import { useAccount } from "./use-account.ts";

/** How long the question waits for the server. */
const ANSWER_MS = 3_000;
/** A device that was not seen for this time may be lost: the server lists it for 90 days. */
const WEEK_MS = 7 * 86_400_000;

type Way = "lastWay" | "maybeLastWay";

export function SignOut(): JSX.Element {
  const { words, language, signOut } = useAccount();
  const list = (peers: readonly string[]) => new Intl.ListFormat(language).format(peers.map(isolated));
  const [question, ask] = useState<Way | "unsent" | null>(null);
  const { problem, isBusy, setProblem, attempt } = useAttempt();
  const [names, findUnsent] = useUnsent();
  const questionOfWays = useLastWay();
  const leave = async () => {
    ask(null);
    if (!(await signOut())) setProblem(words.notSignedOut);
  };
  const askForWay = async () => {
    const way = await questionOfWays();
    if (way === null) await leave();
    else ask(way);
  };
  const begin = async () => (findUnsent() ? ask("unsent") : askForWay());
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-expanded={question !== null}
        aria-disabled={isBusy}
        onClick={() => attempt(begin)}
      >
        {isBusy && question === null ? words.working : words.signOut}
      </button>
      {question !== null && (
        <Asked
          // The next question has the focus on its own way out.
          key={question}
          title={words.signOut}
          text={
            question !== "unsent" ? words[question] : names.length === 0 ? words.allSent : words.unsent(list(names))
          }
          label={question !== "unsent" ? words.signOutAnyway : words.loseUnsent}
          isBusy={isBusy}
          go={() => attempt(question === "unsent" ? askForWay : leave)}
          cancel={() => ask(null)}
        />
      )}
      <Problem problem={problem} />
    </>
  );
}

/** To whom something is unsent, of those to whom it was when the function was called last; that says whether any was. */
function useUnsent(): readonly [names: readonly string[], find: () => boolean] {
  const { me } = useAccount();
  const [peers, setPeers] = useState<readonly string[]>([]);
  const now = useSelected(me.conversations, () => unsentTo(me, peers).join(" "));
  const find = () => {
    const found = unsentTo(me);
    setPeers(found);
    return found.length > 0;
  };
  return [now === "" ? [] : now.split(" "), find];
}

/**
 * The question where nothing but the recovery code may lead back, or the server does not answer in time: then the
 * device may be the only one.
 */
function useLastWay(): () => Promise<Way | null> {
  const { me, auth } = useAccount();
  const find = async (): Promise<Way | null> => {
    const [devices, passkeys] = await Promise.all([me.account.devices(), me.account.passkeys()]);
    if (devices.length === 1 && passkeys.length === 0) return "lastWay";
    const isUsed = devices.some(({ current, online, seen }) => !current && (online || seen > Date.now() - WEEK_MS));
    return isUsed || passkeys.length > 0 ? null : "maybeLastWay";
  };
  return async () => {
    if (auth !== "accounts") return null;
    const late = new Promise<Way>((done) => setTimeout(() => done("maybeLastWay"), ANSWER_MS));
    return Promise.race([find(), late]).catch(() => "maybeLastWay");
  };
}
