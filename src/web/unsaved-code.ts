// A recovery code that the user has not saved yet, so that a reload shows it again. It is in the storage of this tab:
// it ends with the tab, with "I've saved it", and with signing out. That reveals no more than the tab does anyway: a
// script that could read it could also ask the server for a new code while the sign-in is fresh. To ask for a new code
// after a reload instead would end the one that the user may have written down just before.
import { useEffect, useState } from "preact/hooks";

export interface UnsavedCode {
  readonly userName: string;
  readonly code: string;
  /** Whether it replaces an older code. */
  readonly replaces: boolean;
}

const KEY = "restante unsaved code";

/** The same where the browser stores nothing: until the page is loaded again. */
let inMemory: UnsavedCode | null = null;
const listeners = new Set<() => void>();

export function holdCode(held: UnsavedCode): void {
  inMemory = held;
  notify();
  try {
    sessionStorage.setItem(KEY, JSON.stringify(held));
  } catch {
    // Shown until the page is loaded again.
  }
}

/** The code of this user, or null; the component is drawn again when it changes. */
export function useHeldCode(userName: string): UnsavedCode | null {
  const [code, set] = useState(() => inMemory ?? readStored());
  useEffect(() => {
    const listen = () => set(inMemory);
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
  return code?.userName === userName ? code : null;
}

export function forgetCode(): void {
  inMemory = null;
  notify();
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was stored.
  }
}

function notify(): void {
  for (const listen of listeners) listen();
}

function readStored(): UnsavedCode | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as UnsavedCode | null;
  } catch {
    return null;
  }
}
