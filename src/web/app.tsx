// The page: first the way in, then the mailbox; between them a recovery code that was not saved yet.
import type { JSX, RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AppContext } from "./app-state.ts";
import { Splash } from "./brand.tsx";
import { useCalendar } from "./calendar.ts";
import { closeSentence } from "./close-sentence.ts";
import { type DeviceLink, takeLink } from "./link-address.ts";
import { LinkNotice } from "./link-notice.tsx";
import { Mailbox } from "./mailbox.tsx";
import { RecoveryCode } from "./recovery.tsx";
import { SignIn } from "./sign-in.tsx";
import { SigningOut } from "./sign-out.tsx";
import { keepLanguage, type Language, languageNow, type Translations, translationsIn } from "./translations.ts";
import { forgetCode, heldCode } from "./unsaved-code.ts";
import { type Session, useSession } from "./use-session.ts";
import type { Entered } from "./use-sign-in.ts";

export function App(): JSX.Element {
  const [language, speak] = useLanguage();
  const words = translationsIn(language);
  const calendar = useCalendar();
  const session = useSession();
  const [link, dropLink] = useDeviceLink();
  const before = useRef<Entered | null>(null);
  const { entrance, user, opened, retry } = session;
  const app = useMemo(() => opened && { ...opened, language, speak }, [opened, language, calendar]);

  if (session.isSigningOut) return <SigningOut words={words} done={retry} />;
  if (entrance === null) return <Splash label={words.loading} />;
  if (entrance === "unreachable") {
    return (
      <main class="entrance">
        <p role="alert">{words.unreachable}</p>
        <button type="button" onClick={retry}>
          {words.tryAgain}
        </button>
      </main>
    );
  }
  if (user === null) return <Outside {...{ session, words, language, speak, link, dropLink, before }} />;
  if (app === null) return <Splash label={words.loading} />;
  return (
    <AppContext.Provider value={app}>
      <Inside key={user.userName} user={user} words={words} />
      {link !== null && <LinkNotice done={dropLink} />}
    </AppContext.Provider>
  );
}

interface OutsideProps {
  readonly session: Session;
  readonly words: Translations;
  readonly language: Language;
  readonly link: DeviceLink | null;
  /** What was entered last, for the case that the server refuses it: a token is long to enter. */
  readonly before: RefObject<Entered | null>;
  dropLink(): void;
  speak(language: Language): void;
}

function Outside({
  session: { entrance, reason, enter },
  words,
  before,
  dropLink,
  ...more
}: OutsideProps): JSX.Element {
  if (entrance === null || entrance === "unreachable") throw new Error("nobody knows how to come in");
  const { auth } = entrance;
  const code = reason?.reason ?? "";
  // Without accounts what was entered is checked by the connection only.
  const isTokenWrong = auth === "jwt" && ["unauthorized", "forbidden"].includes(code);
  const isWrong = isTokenWrong || (auth !== "accounts" && ["bad_name", "reserved_name"].includes(code));
  const why = isTokenWrong ? words.tokenWrong : reason && closeSentence(reason, words);
  const entered = (user: Entered) => {
    before.current = user;
    dropLink();
    enter(user);
  };
  return (
    <SignIn
      entrance={entrance}
      words={words}
      before={isWrong ? before.current : null}
      wrong={isWrong ? why : null}
      news={isWrong ? null : why}
      entered={entered}
      {...more}
    />
  );
}

/** The mailbox, and before it the recovery code that the user has not saved yet. */
function Inside({ user, words }: { readonly user: Entered; readonly words: Translations }): JSX.Element {
  const [code, setCode] = useState(() => heldCode(user.userName));
  if (code === null) return <Mailbox />;
  const kept = () => {
    forgetCode();
    setCode(null);
  };
  return (
    <main class="entrance">
      <section aria-labelledby="recovery-title">
        <RecoveryCode {...code} level={1} words={words} kept={kept} />
      </section>
    </main>
  );
}

function useLanguage(): readonly [Language, (language: Language) => void] {
  const [language, set] = useState(languageNow);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speak = (spoken: Language) => {
    keepLanguage(spoken);
    set(spoken);
  };
  return [language, speak];
}

/** The link of another device in the address: when the page is loaded, and when it is entered while the page is open. */
function useDeviceLink(): readonly [DeviceLink | null, () => void] {
  const [link, set] = useState(takeLink);
  useEffect(() => {
    const changed = () => set((known) => takeLink() ?? known);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return [link, () => set(null)];
}
