// The page: first the form to sign in, then the mailbox.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { AppContext } from "./app-state.ts";
import { Splash } from "./brand.tsx";
import { useCalendar } from "./calendar.ts";
import { closeSentence } from "./close-sentence.ts";
import { Mailbox } from "./mailbox.tsx";
import { SignIn } from "./sign-in.tsx";
import { keepLanguage, type Language, languageNow, translationsIn } from "./translations.ts";
import { useSession } from "./use-session.ts";

export function App(): JSX.Element {
  const [language, setLanguage] = useState(languageNow);
  const words = translationsIn(language);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const calendar = useCalendar();
  const { entrance, user, opened, reason, enter, retry } = useSession();
  const app = useMemo(() => {
    if (opened === null) return null;
    const speak = (spoken: Language) => {
      keepLanguage(spoken);
      setLanguage(spoken);
    };
    return { ...opened, language, speak };
  }, [opened, language, calendar]);

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
  const why = reason && closeSentence(reason, words);
  if (user === null) return <SignIn entrance={entrance} words={words} reason={why} entered={enter} />;
  if (app === null) return <Splash label={words.loading} />;
  return (
    <AppContext.Provider value={app}>
      <Mailbox />
    </AppContext.Provider>
  );
}
