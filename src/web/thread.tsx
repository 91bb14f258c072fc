// One conversation: its head, its messages, and below them the composer, a stranger's request, or the note that the
// peer is blocked.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Conversing } from "../client/connect.ts";
import { useApp, useLive } from "./app-state.ts";
import { Composer } from "./composer.tsx";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { useLookAlikes } from "./lookalikes.ts";
import { Messages } from "./messages.tsx";
import { Problem } from "./problem.tsx";
import { ThreadHeader } from "./thread-header.tsx";
import { useAttempt } from "./use-attempt.ts";

interface Props {
  readonly peer: string;
}

export function Thread({ peer }: Props): JSX.Element {
  const { me } = useApp();
  const standing = useLive(me.conversations).find((one) => one.peer === peer)?.standing ?? "contact";
  const conversing = useConversing(peer);
  const other = useLookAlikes()(peer);
  return (
    <section class="thread" aria-label={peer}>
      <ThreadHeader peer={peer} standing={standing} />
      {other !== null && (
        <p class="notice" role="note">
          <LookAlikeWarning name={peer} other={other} />
        </p>
      )}
      {conversing === null ? <div class="scroll" /> : <Messages key={peer} peer={peer} conversing={conversing} />}
      {standing === "request" && <Request peer={peer} />}
      {standing === "blocked" ? <Blocked peer={peer} /> : <Composer key={`composer ${peer}`} peer={peer} />}
    </section>
  );
}

function Request({ peer }: Props): JSX.Element {
  const { me, words } = useApp();
  const { problem, attempt } = useAttempt(words);
  return (
    <div class="notice" role="note">
      <p>{words.asks(peer)}</p>
      <div class="row">
        <button type="button" onClick={() => attempt(() => me.people.accept(peer).then(focusComposer))}>
          {words.accept}
        </button>
        <button type="button" class="quiet" onClick={() => attempt(() => me.people.block(peer))}>
          {words.block}
        </button>
      </div>
      <Problem text={problem} />
    </div>
  );
}

/** The button with the focus goes with the request: the answer is written next. */
function focusComposer(): void {
  document.querySelector<HTMLElement>(".composer textarea")?.focus();
}

function Blocked({ peer }: Props): JSX.Element {
  const { me, words } = useApp();
  const { problem, attempt } = useAttempt(words);
  return (
    <div class="notice" role="note">
      <p>{words.blocked(peer)}</p>
      <button type="button" class="quiet" onClick={() => attempt(() => me.people.unblock(peer))}>
        {words.unblock}
      </button>
      <Problem text={problem} />
    </div>
  );
}

/** The conversation with `peer`, open as long as it is shown. */
function useConversing(peer: string): Conversing | null {
  const { me } = useApp();
  const [conversing, set] = useState<Conversing | null>(null);
  useEffect(() => {
    const opened = me.messages.with(peer);
    set(opened);
    return () => opened.close();
  }, [me, peer]);
  return conversing?.peer === peer ? conversing : null;
}
