// One conversation: bubbles by day and by who wrote them, the newest at the bottom, older ones as somebody scrolls up.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Conversing, Message } from "../client/connect.ts";
import { useLookAlikes } from "./lookalikes.ts";
import { Composer } from "./composer.tsx";
import { clock, day, dayAndTime, dayOf } from "./dates.ts";
import { Avatar, Icon, State } from "./icons.tsx";
import { Alike } from "./conversation-list.tsx";
import { go, useLive, useApp } from "./app-state.ts";
import { MessageText } from "./message-text.tsx";
import { useNear, useScrollWindow } from "./scroll-window.ts";

export function Thread({ peer }: { readonly peer: string }): JSX.Element {
  const { me, words } = useApp();
  const standing = useLive(me.conversations).find((one) => one.peer === peer)?.standing ?? "contact";
  const conversing = useConversing(peer);
  const other = useLookAlikes()(peer);
  return (
    <section class="thread" aria-label={peer}>
      <Header peer={peer} standing={standing} />
      {other !== null && (
        <p class="notice" role="note">
          <Alike name={peer} other={other} />
        </p>
      )}
      {conversing === null ? <div class="scroll" /> : <Messages key={peer} peer={peer} conversing={conversing} />}
      {standing === "request" && (
        <div class="notice" role="note">
          <p>{words.asks(peer)}</p>
          <div class="row">
            <button type="button" onClick={() => void me.people.accept(peer)}>
              {words.accept}
            </button>
            <button type="button" class="quiet" onClick={() => void me.people.block(peer)}>
              {words.block}
            </button>
          </div>
        </div>
      )}
      {standing === "blocked" ? (
        <div class="notice" role="note">
          <p>{words.blocked}</p>
          <button type="button" class="quiet" onClick={() => void me.people.unblock(peer)}>
            {words.unblock}
          </button>
        </div>
      ) : (
        <Composer key={`composer ${peer}`} peer={peer} />
      )}
    </section>
  );
}

function Header({ peer, standing }: { readonly peer: string; readonly standing: string }): JSX.Element {
  const { me, words, language } = useApp();
  const presence = useLive(me.presence).get(peer);
  const types = useLive(me.typists).has(peer);
  const seen = presence !== undefined && presence.at > 0 ? words.lastSeen(dayAndTime(presence.at, language)) : "";
  return (
    <header class="about">
      <button type="button" class="quiet back" aria-label={words.back} onClick={() => go(null)}>
        <Icon name="back" />
      </button>
      <Avatar name={peer} online={presence?.online === true} />
      <div>
        <h2>
          <bdi>{peer}</bdi>
        </h2>
        <p class="soft" role="status">
          {types ? words.typing : presence?.online === true ? words.online : seen}
        </p>
      </div>
      {standing === "contact" && peer !== me.user && (
        <button type="button" class="quiet" onClick={() => void me.people.block(peer)}>
          {words.block}
        </button>
      )}
    </header>
  );
}

/** The conversation, as long as it is shown. */
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

function Messages({ peer, conversing }: { readonly peer: string; readonly conversing: Conversing }): JSX.Element {
  const { me, words } = useApp();
  const messages = useLive(conversing);
  const gaps = useLive(me.gaps);
  const scroll = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const [failed, setFailed] = useState(false);
  const newFrom = useNewFrom(peer, messages);
  const { shown, before, after, up, down, toEnd } = useScrollWindow(messages, scroll);
  const last = messages.at(-1);
  const atEnd = !away && !after;

  // Whoever sees the end has read it.
  useEffect(() => {
    const read = () => {
      if (document.visibilityState === "visible" && atEnd && last?.state === null) me.read(peer);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [me, peer, last, atEnd]);

  const older = () =>
    void conversing.older().then(
      () => setFailed(false),
      () => setFailed(true),
    );
  const part = [shown[0]?.key, shown.at(-1)?.key, messages.length, failed];
  const top = useNear(scroll, part, () => {
    if (before) up();
    else if (conversing.more && !failed) older();
  });
  const bottom = useNear(scroll, part, () => {
    if (after) down();
  });

  const newest = () => {
    toEnd();
    scroll.current?.scrollTo({ top: 0 });
  };
  // What one writes oneself is shown, wherever one is.
  useLayoutEffect(() => {
    if (last?.state?.is === "sending") newest();
  }, [last?.key]);

  return (
    <div
      class="scroll"
      ref={scroll}
      tabIndex={0}
      role="log"
      aria-label={peer}
      onScroll={({ currentTarget }) => setAway(currentTarget.scrollTop < -200)}
    >
      <div ref={bottom} />
      <ol>
        {shown.map((message, at) => (
          <Bubble key={message.key} message={message} before={shown[at - 1]} isNew={message.key === newFrom} />
        ))}
      </ol>
      <div ref={top} class="soft top">
        {gaps > 0 && <p>{words.gone}</p>}
        {failed ? (
          <button type="button" class="quiet" onClick={older}>
            {words.older}
          </button>
        ) : (
          !conversing.more && !before && <p>{words.start}</p>
        )}
        {failed && <p role="alert">{words.olderFailed}</p>}
      </div>
      {!atEnd && (
        <button type="button" class="down" aria-label={words.toNewest} onClick={newest}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** The first message that was unread when the conversation was opened, by its key. */
function useNewFrom(peer: string, messages: readonly Message[]): string | null {
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

interface BubbleProps {
  readonly message: Message;
  readonly before: Message | undefined;
  readonly isNew: boolean;
}

function Bubble({ message, before, isNew }: BubbleProps): JSX.Element {
  const { me, words, language } = useApp();
  const { state, from, at, body } = message;
  const newDay = before === undefined || dayOf(before.at) !== dayOf(at);
  const follows = !newDay && !isNew && before.from === from && at - before.at < 300_000;
  return (
    <>
      {newDay && (
        <li class="day">
          <time dateTime={new Date(at).toISOString()}>{day(at, language)}</time>
        </li>
      )}
      {isNew && <li class="new">{words.newMessages}</li>}
      <li data-key={message.key} class={`bubble ${state === null ? "theirs" : "own"} ${follows ? "follows" : ""}`}>
        <MessageText body={body} />
        <p class="when">
          <span class="spoken">{from}</span>
          <time dateTime={new Date(at).toISOString()}>{clock(at, language)}</time>
          {state !== null && <State state={state} />}
        </p>
        {state?.is === "failed" && (
          <div class="row">
            <p class="problem">{words.failed(state.message)}</p>
            <button type="button" class="quiet" onClick={() => me.resend(message)}>
              {words.retry}
            </button>
            {message.seq === null && (
              <button type="button" class="quiet" onClick={() => me.discard(message)}>
                {words.discard}
              </button>
            )}
          </div>
        )}
      </li>
    </>
  );
}
