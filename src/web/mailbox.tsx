// The mailbox of a signed-in user: the list of conversations beside the open one, and the account.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { AccountDialog } from "./account.tsx";
import { usePlace } from "./address.ts";
import { useApp, useLive, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { Banner } from "./banner.tsx";
import { Logo } from "./brand.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { number } from "./dates.ts";
import { Invitation } from "./invitation.tsx";
import { NoticeLine, useNotices } from "./notices.tsx";
import { useNotifications } from "./notifications.ts";
import { Nowhere } from "./nowhere.tsx";
import { Thread } from "./thread.tsx";

/** Close codes: the token is missing or no longer valid; this device has no access any more. */
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;

export function Mailbox(): JSX.Element {
  const { me, words } = useApp();
  const place = usePlace();
  const peer = place.is === "conversation" ? place.peer : null;
  const [isAccountOpen, setIsAccountOpen] = useState(false);
  const { latest, fresh, see } = useNotices(me);
  const newest = latest.at(-1);
  // The dialog itself shows the notices that come while it is open: most of them are about changes that the user makes
  // in it.
  const showAccount = (isOpen: boolean) => {
    see();
    setIsAccountOpen(isOpen);
  };
  useNotifications();
  useTurnedOut();
  useUnreadInTitle();
  return (
    <div class={`mailbox ${place.is === "list" ? "" : "reading"}`}>
      <Banner />
      <aside>
        <header class="self">
          <Logo />
          <h1 class="brand-name">{words.title}</h1>
          <button type="button" class="quiet" onClick={() => showAccount(true)}>
            <span class="spoken">{words.account}</span> <Avatar name={me.user} /> <bdi>{me.user}</bdi>
          </button>
        </header>
        {fresh > 0 && newest !== undefined && !isAccountOpen && (
          <NoticeLine notice={newest} look={() => showAccount(true)} dismiss={see} />
        )}
        <ConversationList open={peer} />
      </aside>
      <main>
        {place.is === "list" && <NothingOpen />}
        {place.is === "conversation" && <Thread key={place.peer} peer={place.peer} />}
        {place.is === "nowhere" && <Nowhere text={place.text} />}
      </main>
      {isAccountOpen && <AccountDialog lately={latest} close={() => showAccount(false)} />}
    </div>
  );
}

/** Beside the list, where no conversation is open. */
function NothingOpen(): JSX.Element {
  const { words } = useApp();
  return (
    <div class="nothing-open">
      <Logo />
      <p>{words.choose}</p>
      <Invitation />
    </div>
  );
}

/**
 * Leaves the mailbox where the device was signed out from elsewhere or in another tab, or another tab has signed in as
 * another user.
 */
function useTurnedOut(): void {
  const { me, turnedOut } = useApp();
  const state = useLive(me.connection);
  const isOut = state.is === "stopped" && (isFinal(state.code) || state.reason === "signed_out");
  useEffect(() => {
    // Where the server does not say who is signed in, the banner still shows what happened.
    if (isOut) turnedOut(state.code === FORBIDDEN).catch(() => undefined);
  }, [isOut]);
}

const isFinal = (code: number) => code === UNAUTHORIZED || code === FORBIDDEN;

function useUnreadInTitle(): void {
  const { me, words, language } = useApp();
  const unread = useSelected(me.conversations, (all) => all.reduce((sum, one) => sum + one.unread, 0));
  useEffect(() => {
    document.title = unread > 0 ? `(${number(unread, language)}) ${words.title}` : words.title;
  }, [unread, words, language]);
  useEffect(() => () => void (document.title = words.title), []);
}
