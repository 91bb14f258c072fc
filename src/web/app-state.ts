// The state that all components share: the open mailbox, the language, and the conversation that the address names.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Live, Restante } from "../client/connect.ts";
import { type Language, type Translations, translationsIn } from "./translations.ts";

/** The context of all components. */
export interface App {
  readonly me: Restante;
  readonly language: Language;
  /** `accounts`, `jwt` or `open`. */
  readonly auth: string;
  speak(language: Language): void;
  /** Signs out here: all data of this user is removed from the page. */
  leave(): void;
  /** The server has ended the connection: opens the mailbox of the browser's present user, or the form to sign in. */
  turnedOut(forget: boolean): Promise<void>;
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

/** The peer of the conversation that the address names, or null. */
export function usePeer(): string | null {
  const [peer, set] = useState(peerOf);
  useEffect(() => {
    const changed = () => set(peerOf());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return peer;
}

export function addressOf(peer: string): string {
  return `#/${encodeURIComponent(peer)}`;
}

export function go(peer: string | null): void {
  location.hash = peer === null ? "#/" : addressOf(peer);
}

function peerOf(): string | null {
  const [, name = ""] = /^#\/(.+)$/.exec(location.hash) ?? [];
  try {
    return name === "" ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
}
