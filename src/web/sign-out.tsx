// The wish to sign out, which is remembered in this browser until the server has granted it.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Refused, signOut } from "../client/connect.ts";
import { onStoredElsewhere, store, stored } from "./browser-storage.ts";
import type { Translations } from "./translations.ts";

const WISH = "restante signing out";
/** How long an attempt waits for the server, and how long the page waits before the next one. */
const ANSWER_MS = 5_000;
const RETRY_MS = 10_000;

/** The user who has signed out without an answer of the server, or null. */
export function signingOut(): string | null {
  return stored(WISH);
}

/** Remembers that this user signs out. Returns whether it outlives the page. */
export function wishToSignOut(user: string): boolean {
  return store(WISH, user);
}

export function withdrawWish(): void {
  store(WISH, null);
}

/** Signs out who wished to. Returns false without an answer of the server. */
export async function grantWish(): Promise<boolean> {
  const userName = signingOut();
  if (userName === null) return true;
  try {
    await signOut(location.origin, { userName }, { timeoutMs: ANSWER_MS });
  } catch (error) {
    // They are not signed in any more.
    const isOut = error instanceof Refused && (error.status === 401 || error.status === 403);
    if (!isOut) return false;
  }
  withdrawWish();
  return true;
}

/** In place of the form to sign in, until the server has granted the wish: nobody can sign in before. */
export function SigningOut({ words, done }: { readonly words: Translations; done(): void }): JSX.Element {
  useEffect(() => {
    const attempt = () => void grantWish().then((isGranted) => isGranted && done());
    attempt();
    const timer = setInterval(attempt, RETRY_MS);
    addEventListener("online", attempt);
    const stop = onStoredElsewhere(WISH, attempt);
    return () => {
      clearInterval(timer);
      removeEventListener("online", attempt);
      stop();
    };
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
