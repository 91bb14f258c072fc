// Signing out without an answer of the server: this browser remembers it until the server has done it.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Refused, signOut } from "../client/connect.ts";
import { onStoredElsewhere, store, stored } from "./browser-storage.ts";
import type { Translations } from "./translations.ts";

const PENDING = "restante signing out";
/** How long an attempt waits for the server, and how long the page waits before the next one. */
const ANSWER_MS = 5_000;
const RETRY_MS = 10_000;

/** The user who has signed out without an answer of the server, or null. */
export function pendingSignOut(): string | null {
  return stored(PENDING);
}

/** Remembers that this user signs out. Returns whether it outlives the page. */
export function beginSignOut(user: string): boolean {
  return store(PENDING, user);
}

export function cancelSignOut(): void {
  store(PENDING, null);
}

/** Signs the user out at the server. Returns false without its answer. */
export async function finishSignOut(): Promise<boolean> {
  const userName = pendingSignOut();
  if (userName === null) return true;
  try {
    await signOut(location.origin, { userName }, { timeoutMs: ANSWER_MS });
  } catch (error) {
    // They are not signed in any more, or this server has no accounts by now.
    if (!(error instanceof Refused && [401, 403, 404].includes(error.status ?? 0))) return false;
  }
  cancelSignOut();
  return true;
}

/** In place of the form to sign in, until the server has signed the user out: nobody can sign in before. */
export function SigningOut({ words, done }: { readonly words: Translations; done(): void }): JSX.Element {
  useEffect(() => {
    let hasEnded = false;
    // Several attempts may be under way.
    const attempt = () => void finishSignOut().then((isOut) => isOut && !hasEnded && end());
    const timer = setInterval(attempt, RETRY_MS);
    const stop = onStoredElsewhere(PENDING, attempt);
    const end = () => {
      stopAll();
      done();
    };
    const stopAll = () => {
      hasEnded = true;
      clearInterval(timer);
      removeEventListener("online", attempt);
      stop();
    };
    addEventListener("online", attempt);
    attempt();
    return stopAll;
  }, []);
  return (
    <main class="entrance">
      <section>
        <h1>{words.signingOut}</h1>
        <p role="status">{words.signingOutHint}</p>
      </section>
    </main>
  );
}
