// The page: first the way in, then the mailbox; between them a recovery code that was not saved yet.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { AppContext, useApp, useLive } from "./app-state.ts";
import { Splash } from "./brand.tsx";
import { useCalendar } from "./calendar.ts";
import { closeSentence } from "./close-sentence.ts";
import { type DeviceLink, takeLink } from "./link-address.ts";
import { LinkNotice } from "./link-notice.tsx";
import { Mailbox } from "./mailbox.tsx";
import { RecoveryCode, RecoveryDialog } from "./recovery.tsx";
import { SignIn } from "./sign-in.tsx";
import { SigningOut } from "./sign-out.tsx";
import { keepLanguage, type Language, languageNow, type Translations, translationsIn } from "./translations.ts";
import { forgetCode, useHeldCode } from "./unsaved-code.ts";
import { type Session, useSession } from "./use-session.ts";
import type { Entered } from "./use-sign-in.ts";

/** Close codes: the token is missing or no longer valid; this device has no access any more. */
const ENDING_CODES: ReadonlySet<number> = new Set([4401, 4403]);

export function App(): JSX.Element {
  const [language, speak] = useLanguage();
  const words = translationsIn(language);
  const calendar = useCalendar();
  const session = useSession();
  const [link, dropLink] = useDeviceLink();
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
  if (user === null) return <Outside {...{ session, words, language, speak, link, dropLink }} />;
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
  dropLink(): void;
  speak(language: Language): void;
}

function Outside({
  session: { entrance, reason, before, enter },
  words,
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
    dropLink();
    enter(user);
  };
  return (
    <SignIn
      entrance={entrance}
      words={words}
      before={isWrong ? before : null}
      wrong={isWrong ? why : null}
      news={isWrong ? null : why}
      entered={entered}
      {...more}
    />
  );
}

/**
 * The mailbox, and before it the recovery code that the user has not saved yet. One that comes later is shown in front
 * of everything, also where what has asked for it is closed by now.
 */
function Inside({ user, words }: { readonly user: Entered; readonly words: Translations }): JSX.Element {
  const code = useHeldCode(user.userName);
  const [first] = useState(code);
  useSessionEnd();
  const shown = code && { ...code, words, kept: forgetCode };
  if (shown === null || code !== first) {
    return (
      <>
        <Mailbox />
        {shown !== null && <RecoveryDialog {...shown} />}
      </>
    );
  }
  return (
    <main class="entrance">
      <section aria-labelledby="recovery-title">
        <RecoveryCode {...shown} level={1} />
      </section>
    </main>
  );
}

/**
 * Leaves the mailbox where the device was signed out from elsewhere or in another tab, or another tab has signed in as
 * another user.
 */
function useSessionEnd(): void {
  const { me, sessionEnded } = useApp();
  const state = useLive(me.connection);
  const hasEnded = state.is === "stopped" && (ENDING_CODES.has(state.code) || state.reason === "signed_out");
  useEffect(() => {
    // Where the server does not say who is signed in, the banner still shows what happened.
    if (hasEnded) sessionEnded().catch(() => undefined);
  }, [hasEnded]);
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
