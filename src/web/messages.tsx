// The messages of a conversation in a box that scrolls: the newest at the bottom, older ones are loaded near the top.
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Conversing, Message } from "../client/connect.ts";
import { useApp, useLive } from "./app-state.ts";
import { Bubble } from "./bubble.tsx";
import { Icon } from "./icons.tsx";
import { useNear, useScrollWindow } from "./scroll-window.ts";

interface Props {
  readonly peer: string;
  readonly conversing: Conversing;
}

/** A box that is scrolled up by more pixels than this does not show the newest message. */
const AWAY_PX = 200;

export function Messages({ peer, conversing }: Props): JSX.Element {
  const { words } = useApp();
  const messages = useLive(conversing);
  const scroll = useRef<HTMLDivElement>(null);
  const [isAway, setIsAway] = useState(false);
  const hasFailed = conversing.error !== null;
  // The conversation shows what failed.
  const loadOlder = () => void conversing.older().catch(() => undefined);
  const newFrom = useFirstUnread(peer, messages);
  const { shown, before, after, up, down, toEnd } = useScrollWindow(messages, scroll);
  const isAtEnd = !isAway && !after;
  useRead(peer, messages.at(-1), isAtEnd);

  const changes = [shown[0]?.key, shown.at(-1)?.key, messages.length, hasFailed];
  const top = useNear(scroll, changes, () => {
    if (before) up();
    else if (conversing.more && !hasFailed) loadOlder();
  });
  const bottom = useNear(scroll, changes, () => {
    if (after) down();
  });
  const showNewest = useNewest(messages.at(-1), scroll, toEnd);

  return (
    <div
      class="scroll"
      ref={scroll}
      tabIndex={0}
      role="log"
      aria-label={peer}
      onScroll={({ currentTarget }) => setIsAway(currentTarget.scrollTop < -AWAY_PX)}
    >
      <div ref={bottom} />
      <ol>
        {shown.map((message, at) => (
          <Bubble key={message.key} message={message} before={shown[at - 1]} isNew={message.key === newFrom} />
        ))}
      </ol>
      <div ref={top} class="soft top">
        <Start conversing={conversing} isFirst={!conversing.more && !before} loadOlder={loadOlder} />
      </div>
      {!isAtEnd && (
        <button type="button" class="down" aria-label={words.toNewest} onClick={showNewest}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

interface StartProps {
  readonly conversing: Conversing;
  /** Whether the first message of the conversation is shown. */
  readonly isFirst: boolean;
  loadOlder(): void;
}

/** Above the messages: where the conversation begins, or why there is no more of it. */
function Start({ conversing, isFirst, loadOlder }: StartProps): JSX.Element {
  const { me, words } = useApp();
  const gaps = useLive(me.gaps);
  return (
    <>
      {gaps > 0 && <p>{words.gone}</p>}
      {conversing.loading && <p role="status">{words.loading}</p>}
      {conversing.error !== null ? (
        <button type="button" class="quiet" onClick={loadOlder}>
          {words.older}
        </button>
      ) : (
        isFirst && <p>{words.start(conversing.peer)}</p>
      )}
      {conversing.error !== null && <p role="alert">{words.olderFailed}</p>}
    </>
  );
}

/** Marks the conversation as read while its end is visible. */
function useRead(peer: string, last: Message | undefined, isAtEnd: boolean): void {
  const { me } = useApp();
  useEffect(() => {
    const read = () => {
      if (document.visibilityState === "visible" && isAtEnd && last?.state === null) me.read(peer);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [me, peer, last, isAtEnd]);
}

/** Scrolls to the newest message: when this is called, and when the user sends one. */
function useNewest(last: Message | undefined, scroll: RefObject<HTMLElement | null>, toEnd: () => void): () => void {
  const showNewest = () => {
    toEnd();
    scroll.current?.scrollTo({ top: 0 });
  };
  useLayoutEffect(() => {
    if (last?.state?.is === "sending") showNewest();
  }, [last?.key]);
  return showNewest;
}

/** The key of the first message that was unread when the conversation was opened. */
function useFirstUnread(peer: string, messages: readonly Message[]): string | null {
  const { me } = useApp();
  const unread = useMemo(() => me.conversations.value.find((one) => one.peer === peer)?.unread ?? 0, [me, peer]);
  const [key, set] = useState<string | null>(null);
  useEffect(() => {
    if (key !== null || unread === 0) return;
    const theirs = messages.filter(({ state }) => state === null);
    set(theirs.at(-unread)?.key ?? null);
  }, [messages, unread]);
  return key;
}
