// The page: first the way in, then the conversations beside the open one.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  connect,
  type ConnectionState,
  type Entrance,
  entranceOf,
  type Restante,
  signedInAs,
} from "../client/connect.ts";
import { AccountDialog } from "./account.tsx";
import { clockWithSeconds, number } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { go, AppContext, useLive, usePeer, useApp } from "./app-state.ts";
import { forgetNotices, NoticeLine, useNotices } from "./notices.tsx";
import { useNotifications } from "./notifications.ts";
import { keepLast, lastHere } from "./shell.ts";
import { type Entered, SignIn } from "./sign-in.tsx";
import { Thread } from "./thread.tsx";
import { keepLanguage, type Language, languageNow, translationsIn } from "./translations.ts";

/** Close codes: the token is not or no longer good; this device may not any more. */
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;

export function App(): JSX.Element {
  const [language, setLanguage] = useState(languageNow);
  const [entrance, setEntrance] = useState<Entrance | "unreachable" | null>(null);
  const [who, setWho] = useState<Entered | null>(null);
  const [me, setMe] = useState<Restante | null>(null);
  /** Why somebody is at the way in again. */
  const [why, setWhy] = useState<string | null>(null);
  const words = translationsIn(language);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const look = async () => {
    // What is kept is shown at once, also without a network; the server's answer comes after it.
    const last = lastHere();
    if (last !== null) {
      setEntrance(last.entrance);
      setWho({ userName: last.userName });
    }
    try {
      const found = await entranceOf(location.origin);
      setEntrance(found);
      if (last !== null && found.auth === last.entrance.auth) return;
      const userName = found.auth === "accounts" ? await signedInAs(location.origin) : null;
      setWho(userName === null ? null : { userName });
    } catch {
      if (last === null) setEntrance("unreachable");
    }
  };
  useEffect(() => void look(), []);

  useEffect(() => {
    if (who === null || who.token !== undefined || entrance === null || entrance === "unreachable") return;
    keepLast({ entrance, userName: who.userName });
  }, [who, entrance]);

  useEffect(() => {
    if (who === null) return setMe(null);
    const opened = connect({ url: location.origin, ...who });
    setMe(opened);
    return () => void opened.close();
  }, [who]);

  const place = useMemo(() => {
    if (me === null || entrance === null || entrance === "unreachable") return null;
    return {
      me,
      language,
      auth: entrance.auth,
      speak: (spoken: Language) => {
        keepLanguage(spoken);
        setLanguage(spoken);
      },
      leave: () => {
        keepLast(null);
        forgetNotices(me.user);
        go(null);
        void me.close({ forget: true }).then(() => setWho(null));
      },
      turnedOut: async (forget: boolean) => {
        const now = entrance.auth === "accounts" ? await signedInAs(location.origin) : null;
        if (now === me.user) return;
        keepLast(null);
        const { value: state } = me.connection;
        setWhy(state.is === "stopped" ? state.message : null);
        if (forget && now === null) forgetNotices(me.user);
        await me.close({ forget: forget && now === null });
        setWho(now === null ? null : { userName: now });
      },
    };
  }, [me, entrance, language]);

  if (entrance === null) return <p class="waiting">{words.loading}</p>;
  if (entrance === "unreachable") {
    return (
      <main class="entrance">
        <p role="alert">{words.unreachable}</p>
        <button type="button" onClick={() => void look()}>
          {words.tryAgain}
        </button>
      </main>
    );
  }
  if (who === null) {
    return <SignIn entrance={entrance} words={words} why={why} entered={setWho} />;
  }
  if (place === null) return <p class="waiting">{words.loading}</p>;
  return (
    <AppContext.Provider value={place}>
      <Mailbox />
    </AppContext.Provider>
  );
}

function Mailbox(): JSX.Element {
  const { me, words, language, turnedOut } = useApp();
  const peer = usePeer();
  const [account, showAccount] = useState(false);
  const { latest, fresh, see } = useNotices(me);
  const newest = latest.at(-1);
  // What comes while the dialog is open is shown there: most of it is what the user does in it.
  const shows = (open: boolean) => {
    see();
    showAccount(open);
  };
  useNotifications(me);
  const state = useLive(me.connection);
  const out = state.is === "stopped" && (state.code === UNAUTHORIZED || state.code === FORBIDDEN) ? state.code : null;
  // Signed out from elsewhere: then nothing is left here. Or another tab signed in as somebody else.
  useEffect(() => {
    // Where the server does not say who is signed in, the banner goes on saying what happened.
    if (out !== null) turnedOut(out === FORBIDDEN).catch(() => undefined);
  }, [out]);
  const unread = useLive(me.conversations).reduce((sum, one) => sum + one.unread, 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${number(unread, language)}) ${words.title}` : words.title;
  }, [unread, words, language]);
  return (
    <div class={`mailbox ${peer === null ? "" : "reading"}`}>
      <aside>
        <header class="self">
          <h1>{words.title}</h1>
          <button type="button" class="quiet" aria-label={`${words.account}: ${me.user}`} onClick={() => shows(true)}>
            <Icon name="person" /> <bdi>{me.user}</bdi>
          </button>
        </header>
        <Banner />
        {fresh > 0 && newest !== undefined && !account && (
          <NoticeLine notice={newest} look={() => shows(true)} dismiss={see} />
        )}
        <ConversationList open={peer} />
      </aside>
      <main>{peer === null ? <p class="soft waiting">{words.choose}</p> : <Thread key={peer} peer={peer} />}</main>
      {account && <AccountDialog lately={latest} close={() => shows(false)} />}
    </div>
  );
}

/** What there is to say about the connection: nothing while it is open, and a thin line while it opens for the first time. */
function Banner(): JSX.Element {
  const { me, words, language } = useApp();
  const state = useLive(me.connection);
  const was = useRef(state.is);
  // A banner that has come stays until the connection is open: nothing jumps with every try.
  if (state.is !== "connecting") was.current = state.is;
  const calm = state.is === "connecting" && was.current !== "waiting" && was.current !== "stopped";
  return (
    <div class="banner" role="status" data-is={state.is}>
      {state.is !== "open" && <p class={calm ? "spoken" : ""}>{sentenceOf(state)}</p>}
      {state.is !== "open" && !calm && (
        <button type="button" class="quiet" onClick={() => me.retry()}>
          {words.connect}
        </button>
      )}
    </div>
  );

  function sentenceOf(now: ConnectionState): string {
    switch (now.is) {
      case "open":
        return "";
      case "connecting":
        return words.connecting;
      case "waiting":
        return [now.message, words.waiting(clockWithSeconds(now.until, language))].join(" ").trim();
      case "stopped":
        return now.message;
      default:
        return now satisfies never;
    }
  }
}
