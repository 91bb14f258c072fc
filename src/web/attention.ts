// Whether the user sees this page: it is visible and has the focus. Other tabs are told apart by locks, which a tab that
// ends or crashes gives up.
import { useEffect } from "preact/hooks";

const EVENTS = ["focus", "blur", "visibilitychange", "pageshow", "pagehide"];

/** A visible page without the focus may be beside the window that the user looks at. */
export function isAttended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Calls when that may have changed. Returns a function that ends it. */
export function onAttention(changed: () => void): () => void {
  for (const event of EVENTS) addEventListener(event, changed, true);
  return () => {
    for (const event of EVENTS) removeEventListener(event, changed, true);
  };
}

/** Holds a lock of this name while `isHeld` says so, for the other tabs to find. */
export function useSharedLock(name: string, isHeld: () => boolean): void {
  useEffect(() => {
    let release: AbortController | null = null;
    const update = () => {
      if (isHeld() === (release !== null)) return;
      release?.abort();
      release = isHeld() ? new AbortController() : null;
      if (release !== null) void hold(name, release.signal);
    };
    update();
    const stop = onAttention(update);
    return () => {
      stop();
      release?.abort();
    };
  }, [name]);
}

/** Whether any tab holds a lock of these names. False where the browser has no locks. */
export async function isLocked(names: readonly string[]): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name !== undefined && names.includes(name));
  } catch {
    return false;
  }
}

async function hold(name: string, signal: AbortSignal): Promise<void> {
  try {
    const released = new Promise((done) => signal.addEventListener("abort", done));
    await navigator.locks.request(name, { mode: "shared" }, () => released);
  } catch {
    // Without locks each tab knows of itself alone.
  }
}
