// One conversation: its head, its messages, and below them the composer, a stranger's request, or the note that the
// peer is blocked.
import type { JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversing } from "../client/connect.ts";
import { useApp, useConversation } from "./app-state.ts";
import { useSharedLock } from "./attention.ts";
import { Composer } from "./composer.tsx";
import { isTouch } from "./input.ts";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { useLookAlikes } from "./lookalikes.ts";
import { memo } from "./memo.ts";
import { Messages } from "./messages.tsx";
import { shownLock } from "./notifications.ts";
import { Problem } from "./problem.tsx";
import { ThreadHeader } from "./thread-header.tsx";
import { useAttempt } from "./use-attempt.ts";

interface Props {
  readonly peer: string;
}

/** Messages of a conversation that are read at once, at most; and beside the unread ones. */
const MAX_PAGE = 200;
const MIN_PAGE = 50;

const History = memo(Messages);

export function Thread({ peer }: Props): JSX.Element {
  const { me } = useApp();
  const standing = useConversation(peer)?.standing ?? "contact";
  useSharedLock(shownLock(me.user, peer), () => document.visibilityState === "visible");
  const section = useFocusAfter(standing);
  const conversing = useConversing(peer);
  const other = useLookAlikes()(peer);
  return (
    <section class="thread" aria-label={peer} ref={section}>
      <ThreadHeader peer={peer} standing={standing} />
      {other !== null && (
        <p class="notice" role="note">
          <LookAlikeWarning name={peer} other={other} />
        </p>
      )}
      {conversing === null ? <div class="scroll" /> : <History key={peer} conversing={conversing} />}
      {standing === "request" && <Request peer={peer} />}
      {standing === "blocked" ? <Blocked peer={peer} /> : <Composer key={`composer ${peer}`} peer={peer} />}
    </section>
  );
}

function Request({ peer }: Props): JSX.Element {
  const { me, words } = useApp();
  const { problem, attempt } = useAttempt();
  return (
    <div class="notice" role="note">
      <p>{words.asks(peer)}</p>
      <div class="row">
        <button type="button" onClick={() => attempt(() => me.people.accept(peer))}>
          {words.accept}
        </button>
        <button type="button" class="quiet" onClick={() => attempt(() => me.people.block(peer))}>
          {words.block}
        </button>
      </div>
      <Problem problem={problem} />
    </div>
  );
}

function Blocked({ peer }: Props): JSX.Element {
  const { me, words } = useApp();
  const { problem, attempt } = useAttempt();
  return (
    <div class="notice" role="note">
      <p>{words.blocked(peer)}</p>
      <button type="button" class="quiet" onClick={() => attempt(() => me.people.unblock(peer))}>
        {words.unblock}
      </button>
      <Problem problem={problem} />
    </div>
  );
}

/** Where the button that had the focus is gone, the focus moves to the field, or to what is in its place. */
function useFocusAfter(standing: string): RefObject<HTMLElement | null> {
  const section = useRef<HTMLElement>(null);
  const before = useRef(standing);
  useEffect(() => {
    if (before.current === standing) return;
    before.current = standing;
    if (document.activeElement !== document.body) return;
    // On a phone the focus of a field would raise the keyboard.
    const next = isTouch() ? ".notice button, [role=log]" : "textarea, .notice button";
    section.current?.querySelector<HTMLElement>(next)?.focus();
  }, [standing]);
  return section;
}

/** The conversation with `peer`, open as long as it is shown. */
function useConversing(peer: string): Conversing | null {
  const { me } = useApp();
  const [conversing, set] = useState<Conversing | null>(null);
  const unread = useConversation(peer)?.unread ?? 0;
  useEffect(() => {
    const opened = me.messages.with(peer, { pageSize: Math.min(MIN_PAGE + unread, MAX_PAGE) });
    set(opened);
    return () => opened.close();
  }, [me, peer]);
  return conversing?.peer === peer ? conversing : null;
}
