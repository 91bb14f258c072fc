// The messages of a conversation in a box that scrolls: the newest at the bottom, older ones are loaded near the top.
import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversing, Message } from "../client/connect.ts";
import { useApp, useLive } from "./app-state.ts";
import { number } from "./dates.ts";
import { Days } from "./days.tsx";
import { Icon } from "./icons.tsx";
import { useOpening, useReading } from "./reading.ts";
import { type ScrollWindow, useNear, useScrollWindow } from "./scroll-window.ts";

interface Props {
  readonly conversing: Conversing;
}

/** From how many pixels on a box that is scrolled up does not show the newest message, and its last line. */
const AWAY_PX = 200;
const MOVED_PX = 8;

export function Messages({ conversing }: Props): JSX.Element {
  const messages = useLive(conversing);
  const scroll = useRef<HTMLDivElement>(null);
  const [distance, setDistance] = useState(0);
  const isOpen = useOpening(conversing);
  const view = useScrollWindow(messages, scroll);
  const { shown, before, after } = view;
  const isAtEnd = distance <= MOVED_PX && !after;
  const { count, firstNew, look } = useReading({ conversing, scroll, view, isOpen, isAtEnd });
  const isAway = after || distance > (count > 0 ? MOVED_PX : AWAY_PX);
  // The conversation shows what failed.
  const loadOlder = () => void conversing.older().catch(() => undefined);
  const [top, bottom] = useEdges(conversing, scroll, view, isOpen ? loadOlder : null);
  const showNewest = useNewest(messages.at(-1), scroll, view.toEnd);

  return (
    <div class="history">
      <div
        class="scroll"
        ref={scroll}
        tabIndex={0}
        role="log"
        aria-label={conversing.peer}
        onScroll={({ currentTarget }) => {
          setDistance(stepOf(-currentTarget.scrollTop));
          look();
        }}
      >
        <div ref={bottom} />
        <Days all={messages} shown={isOpen ? shown : []} newFrom={firstNew} />
        <div ref={top} class="soft top">
          <Start conversing={conversing} isFirst={isOpen && !conversing.more && !before} loadOlder={loadOlder} />
        </div>
      </div>
      {isAway && isOpen && <ToNewest count={count} show={showNewest} />}
    </div>
  );
}

/** Draws more at the edges of the part that is drawn, and loads older messages before the first one. */
function useEdges(
  { more, error, value }: Conversing,
  scroll: RefObject<HTMLElement | null>,
  { shown, before, after, up, down }: ScrollWindow,
  loadOlder: (() => void) | null,
): readonly [RefObject<HTMLDivElement | null>, RefObject<HTMLDivElement | null>] {
  const changes = [shown[0]?.key, shown.at(-1)?.key, value.length, error !== null, loadOlder === null];
  const top = useNear(scroll, changes, () => {
    if (before) up();
    else if (more && error === null) loadOlder?.();
  });
  const bottom = useNear(scroll, changes, () => {
    if (after) down();
  });
  return [top, bottom];
}

/** The page is drawn again where the distance from the end passes one of these steps, and not whenever it changes. */
function stepOf(distance: number): number {
  if (distance <= MOVED_PX) return 0;
  return distance <= AWAY_PX ? AWAY_PX : AWAY_PX + 1;
}

/** The button to the newest message, above the end of the box, and how many messages are unread. */
function ToNewest({ count, show }: { readonly count: number; show(): void }): JSX.Element {
  const { words, language } = useApp();
  const unread = number(count, language);
  return (
    <button
      type="button"
      class="to-newest"
      aria-label={count > 0 ? `${words.toNewest} (${words.unread(unread)})` : words.toNewest}
      onClick={show}
    >
      <Icon name="down" />
      {count > 0 && <span class="unread">{unread}</span>}
    </button>
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
        isFirst && conversing.peer !== me.user && <p>{words.start(conversing.peer)}</p>
      )}
      {conversing.error !== null && <p role="alert">{words.olderFailed}</p>}
    </>
  );
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
