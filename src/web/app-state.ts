// The state that all components share: the open mailbox and the language; and how they follow it.
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Conversation, Live, Restante } from "../client/connect.ts";
import { type Language, type Translations, translationsIn } from "./translations.ts";

/** The context of all components. */
export interface App {
  readonly me: Restante;
  readonly language: Language;
  /** `accounts`, `jwt` or `open`. */
  readonly auth: string;
  speak(language: Language): void;
  /** Removes all data of this user from the browser, and shows the form to sign in. */
  leave(): Promise<void>;
  /**
   * Signs out, and leaves. If the server does not answer, the page signs out later, before anybody can sign in. False
   * where the browser can't remember that: then nothing has changed.
   */
  signOut(): Promise<boolean>;
  /**
   * The server or another tab has ended the session: opens the mailbox of the browser's present user, or the form to
   * sign in.
   */
  sessionEnded(): Promise<void>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App & { readonly words: Translations } {
  const app = useContext(AppContext);
  if (app === null) throw new Error("the component is outside of the app");
  return { ...app, words: translationsIn(app.language) };
}

/** The present value; the component is drawn again when it changes. */
export function useLive<T>(live: Live<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => live.subscribe(() => redraw((count) => count + 1)), [live]);
  return live.value;
}

/** What `select` makes of the value; the component is drawn again when that is another value, and not before. */
export function useSelected<T, S>(live: Live<T>, select: (value: T) => S): S {
  const [, redraw] = useState(0);
  const selected = select(live.value);
  const last = useRef({ select, selected });
  last.current = { select, selected };
  useEffect(
    () =>
      live.subscribe((value) => {
        if (!Object.is(last.current.select(value), last.current.selected)) redraw((count) => count + 1);
      }),
    [live],
  );
  return selected;
}

/** The conversation with `peer`, as the list has it. */
export function useConversation(peer: string): Conversation | undefined {
  return useSelected(useApp().me.conversations, (all) => all.find((one) => one.peer === peer));
}
