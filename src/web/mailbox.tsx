// The mailbox of a signed-in user: the list of conversations beside the open one, and the account.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Notice } from "../client/connect.ts";
import { usePlace } from "./address.ts";
import { useApp, useLive, useSelected } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { Banner } from "./banner.tsx";
import { Logo } from "./brand.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { number } from "./dates.ts";
import { Invitation } from "./invitation.tsx";
import { loadAccount } from "./lazy.ts";
import { useShortcuts } from "./list-keys.ts";
import { NoticeLine, useNotices } from "./notices.tsx";
import { useNotifications } from "./notifications.ts";
import { Nowhere } from "./nowhere.tsx";
import { Problem } from "./problem.tsx";
import { Thread } from "./thread.tsx";
import { useAttempt } from "./use-attempt.ts";

export function Mailbox(): JSX.Element {
  const { me, words } = useApp();
  const place = usePlace();
  const displayName = useLive(me.profile.displayName);
  const peer = place.is === "conversation" ? place.peer : null;
  const { latest, unseen, see } = useNotices(me);
  const { account, problem, showAccount } = useAccountDialog(latest, see);
  useNotifications();
  useShortcuts(place.is !== "list");
  useUnreadInTitle();
  return (
    <div class={`mailbox ${place.is === "list" ? "" : "reading"}`}>
      <Banner />
      <aside>
        <header class="self">
          <Logo />
          <h1 class="brand-name">{words.title}</h1>
          <button type="button" class="quiet" onClick={showAccount}>
            <span class="spoken">{words.account}</span> <Avatar name={displayName ?? me.user} of={me.user} />{" "}
            <bdi>{me.user}</bdi>
          </button>
          <Problem problem={problem} />
        </header>
        {unseen !== undefined && account === null && (
          <NoticeLine notice={unseen} look={showAccount} dismiss={() => see(unseen.seq)} />
        )}
        <ConversationList open={peer} />
      </aside>
      <main>
        {place.is === "list" && <NothingOpen />}
        {place.is === "conversation" && <Thread key={place.peer} peer={place.peer} />}
        {place.is === "nowhere" && <Nowhere text={place.text} />}
      </main>
      {account}
    </div>
  );
}

interface AccountDialog {
  /** The open dialog, or null. */
  readonly account: JSX.Element | null;
  /** Why it could not be opened. */
  readonly problem: string | null;
  showAccount(): void;
}

function useAccountDialog(latest: readonly Notice[], see: () => void): AccountDialog {
  const [loaded, set] = useState<{ readonly Dialog: Awaited<ReturnType<typeof loadAccount>> } | null>(null);
  const { problem, attempt } = useAttempt();
  // The dialog itself shows the notices that come while it is open: most of them are about changes that the user makes
  // in it.
  const showAccount = () =>
    attempt(async () => {
      const Dialog = await loadAccount();
      see();
      set({ Dialog });
    });
  const close = () => {
    see();
    set(null);
  };
  return { account: loaded && <loaded.Dialog lately={latest} close={close} />, problem, showAccount };
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

function useUnreadInTitle(): void {
  const { me, words, language } = useApp();
  const unread = useSelected(me.conversations, (all) =>
    all.reduce((sum, one) => sum + (one.muted || one.hidden ? 0 : one.unread), 0),
  );
  useEffect(() => {
    document.title = unread > 0 ? `(${number(unread, language)}) ${words.title}` : words.title;
  }, [unread, words, language]);
  useEffect(() => () => void (document.title = words.title), []);
}
