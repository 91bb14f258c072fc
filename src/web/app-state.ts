// The SDK's state in components, the place in the address, and the language: what every part of the page hangs on.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Live, Restante } from "../client/connect.ts";
import { type Language, type Translations, translationsIn } from "./translations.ts";

/** What all parts know. */
export interface App {
  readonly me: Restante;
  readonly language: Language;
  /** `accounts`, `jwt` or `open`. */
  readonly auth: string;
  speak(language: Language): void;
  /** Everything of this user goes from the page. */
  leave(): void;
  /** The server has ended it: the way in again, or as whoever this browser is signed in as now. */
  turnedOut(forget: boolean): Promise<void>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App & { readonly words: Translations } {
  const place = useContext(AppContext);
  if (place === null) throw new Error("a part of the page stands outside of it");
  return { ...place, words: translationsIn(place.language) };
}

/** The present value; the component is drawn again when it changes. */
export function useLive<T>(live: Live<T>): T {
  const [, turn] = useState(0);
  useEffect(() => live.subscribe(() => turn((count) => count + 1)), [live]);
  return live.value;
}

/** Whose conversation the address names, or null. */
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
