// The user's devices: the list, how to sign one out, and the codes with which more of them come in.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Notice, RestanteError, type SignedInDevice } from "../client/connect.ts";
import { Asked, type AskedProps } from "./asked.tsx";
import { dayAndTime } from "./dates.ts";
import { DialogPart, NotLoaded, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { type LinkCode, LinkDevice } from "./link-device.tsx";
import { NoticeList } from "./notice-list.tsx";
import { Problem } from "./problem.tsx";
import { refusalSentence } from "./refusal-sentence.ts";
import { holdCode } from "./unsaved-code.ts";
import { type Attempt, useAttempt } from "./use-attempt.ts";
import { useAccount } from "./use-account.ts";

interface Props {
  readonly withProof: WithProof;
  /** The latest notices, most of which are about devices. */
  readonly lately: readonly Notice[];
}

/** The request may have been carried out, and its answer lost. */
const UNANSWERED: ReadonlySet<string> = new Set(["unreachable", "timeout", "bad_answer"]);

/** What the user is asked to confirm. */
interface Question extends Pick<AskedProps, "title" | "text" | "label"> {
  act(): Promise<string | null>;
}

export function Devices({ withProof, lately }: Props): JSX.Element {
  const { me, words } = useAccount();
  const asked = useAsked(() => me.account.devices());
  // Another device has come or gone.
  useEffect(() => me.notices.subscribe(asked.reload), [me]);
  const devices = asked.value ?? [];
  const [link, setLink] = useState<LinkCode | null>(null);
  const attempting = useAttempt();
  const { problem, attempt } = attempting;
  const renew = useNewCode(withProof, attempting, asked.reload);
  const { question, askOf, askOfOthers } = useQuestion(renew, attempting.isBusy);
  const makeLink = async () => {
    const { code } = await withProof(() => me.account.linkCode());
    const at = Date.now();
    // The list that is shown may be an older one.
    const before = await me.account.devices();
    setLink({ code, at, before: new Set(before.map(({ id }) => id)) });
  };
  return (
    <DialogPart title={words.devices}>
      <ul>
        {devices.map((device) => (
          <Device key={device.id} device={device} signOut={() => askOf(device)} />
        ))}
      </ul>
      {question}
      <NotLoaded asked={asked} />
      <div class="row">
        <button type="button" class="quiet" onClick={() => attempt(makeLink)}>
          {words.linkDevice}
        </button>
        <button type="button" class="quiet" onClick={() => renew(() => me.account.recoveryCode())}>
          {words.newRecovery}
        </button>
        <button type="button" class="quiet danger" onClick={askOfOthers}>
          {words.signOutOthers}
        </button>
      </div>
      {link !== null && <LinkDevice key={link.code} link={link} devices={devices} />}
      <Problem problem={problem} />
      {lately.length > 0 && (
        <>
          <h4>{words.lately}</h4>
          <NoticeList notices={lately} />
        </>
      )}
    </DialogPart>
  );
}

interface Asking {
  /** The open question, or null. */
  readonly question: JSX.Element | null;
  askOf(device: SignedInDevice): void;
  askOfOthers(): void;
}

/** Asks before devices are signed out. */
function useQuestion(renew: Renew, isBusy: boolean): Asking {
  const { me, words } = useAccount();
  const [asked, ask] = useState<Question | null>(null);
  const cancel = () => ask(null);
  const go = () => asked !== null && renew(asked.act, cancel);
  return {
    question: asked && <Asked {...asked} key={asked.text} isBusy={isBusy} go={go} cancel={cancel} />,
    askOf: ({ id, label }) => {
      const act = () => me.account.signOutDevice(id);
      ask({ title: words.signOutDevice, text: words.signOutDeviceAsk(label), label: words.signOutDevice, act });
    },
    askOfOthers: () => {
      const act = () => me.account.signOutOthers();
      ask({ title: words.signOutOthers, text: words.signOutOthersAsk, label: words.signOutOthers, act });
    },
  };
}

/** Runs `act`, and holds the new recovery code, where the answer has one: the page shows it. */
type Renew = (act: () => Promise<string | null>, done?: () => void) => void;

function useNewCode(withProof: WithProof, { attempt, setProblem }: Attempt, reload: () => void): Renew {
  const { me, words } = useAccount();
  return (act, done) =>
    attempt(async () => {
      try {
        const code = await withProof(act);
        if (code !== null) holdCode({ userName: me.user, code, replaces: true });
        reload();
      } catch (error) {
        const lost = error instanceof RestanteError && UNANSWERED.has(error.code) ? error.code : null;
        if (lost === null) throw error;
        setProblem(`${refusalSentence(lost, words)} ${words.maybeNewCode}`);
      }
      done?.();
    });
}

function Device({ device, signOut }: { readonly device: SignedInDevice; signOut(): void }): JSX.Element {
  const { words, language } = useAccount();
  const { label, seen, online, current } = device;
  return (
    <li>
      <span>
        <bdi>{label}</bdi>
        <span class="soft">{current ? words.thisDevice : online ? words.online : dayAndTime(seen, language)}</span>
      </span>
      {!current && (
        <button type="button" class="quiet" onClick={signOut}>
          {words.signOutDevice}
        </button>
      )}
    </li>
  );
}
