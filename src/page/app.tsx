// The page: first the way in, then the conversations beside the open one.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import {
  connect,
  type ConnectionState,
  type Entrance,
  entranceOf,
  type Restante,
  signedInAs,
} from "../client/connect.ts";
import { AccountDialog } from "./account.tsx";
import { clockWithSeconds } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { List } from "./list.tsx";
import { go, PlaceContext, useLive, usePeer, usePlace } from "./live.ts";
import { type Entered, SignIn } from "./sign-in.tsx";
import { Thread } from "./thread.tsx";
import { keepLanguage, type Language, languageNow, wordsIn } from "./words.ts";

/** Whoever came in by name alone is still there after a reload; with a cookie the server knows. */
const NAME = "restante name";

export function App(): JSX.Element {
  const [language, setLanguage] = useState(languageNow);
  const [entrance, setEntrance] = useState<Entrance | "unreachable" | null>(null);
  const [who, setWho] = useState<Entered | null>(null);
  const [me, setMe] = useState<Restante | null>(null);
  const words = wordsIn(language);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const look = async () => {
    try {
      const found = await entranceOf(location.origin);
      const userName = found.auth === "accounts" ? await signedInAs(location.origin) : sessionStorage.getItem(NAME);
      if (userName !== null && found.auth !== "jwt") setWho({ userName });
      setEntrance(found);
    } catch {
      setEntrance("unreachable");
    }
  };
  useEffect(() => void look(), []);

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
        sessionStorage.removeItem(NAME);
        go(null);
        void me.close({ forget: true }).then(() => setWho(null));
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
    const entered = (whoever: Entered) => {
      if (entrance.auth === "open") sessionStorage.setItem(NAME, whoever.userName);
      setWho(whoever);
    };
    return <SignIn entrance={entrance} words={words} entered={entered} />;
  }
  if (place === null) return <p class="waiting">{words.loading}</p>;
  return (
    <PlaceContext.Provider value={place}>
      <Mailbox />
    </PlaceContext.Provider>
  );
}

function Mailbox(): JSX.Element {
  const { me, words } = usePlace();
  const peer = usePeer();
  const [account, showAccount] = useState(false);
  const unread = useLive(me.conversations).reduce((sum, one) => sum + one.unread, 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.title}` : words.title;
  }, [unread, words]);
  return (
    <div class={`mailbox ${peer === null ? "" : "reading"}`}>
      <aside>
        <header class="self">
          <h1>{words.title}</h1>
          <button
            type="button"
            class="quiet"
            aria-label={`${words.account}: ${me.user}`}
            onClick={() => showAccount(true)}
          >
            <Icon name="person" /> <bdi>{me.user}</bdi>
          </button>
        </header>
        <Banner />
        <List open={peer} />
      </aside>
      <main>{peer === null ? <p class="soft waiting">{words.choose}</p> : <Thread key={peer} peer={peer} />}</main>
      {account && <AccountDialog close={() => showAccount(false)} />}
    </div>
  );
}

/** What there is to say about the connection: nothing while it is open. */
function Banner(): JSX.Element {
  const { me, words, language } = usePlace();
  const state = useLive(me.connection);
  return (
    <div class="banner" role="status" data-is={state.is}>
      {state.is !== "open" && <p>{sentenceOf(state)}</p>}
      {(state.is === "waiting" || state.is === "stopped") && (
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
        return words.waiting(clockWithSeconds(now.until, language));
      case "stopped":
        return now.message;
      default:
        return now satisfies never;
    }
  }
}
