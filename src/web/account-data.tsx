// The user's data: the export, signing out, and erasing the account.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { RestanteError } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { DialogPart } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";

interface Props {
  readonly withProof: WithProof;
}

export function AccountData({ withProof }: Props): JSX.Element {
  const { me, auth, words } = useApp();
  const [isErasing, setIsErasing] = useState(false);
  const { isAsking, problem, signOut, signOutNow, cancel } = useSignOut();
  return (
    <DialogPart title={words.data}>
      <div class="row">
        {auth !== "jwt" && (
          <a class="button quiet" href={`/api/export?user=${encodeURIComponent(me.user)}`} download>
            {words.exportAll}
          </a>
        )}
        <button type="button" class="quiet" aria-expanded={isAsking} onClick={signOut}>
          {words.signOut}
        </button>
        <button type="button" class="quiet danger" aria-expanded={isErasing} onClick={() => setIsErasing(!isErasing)}>
          {words.erase}
        </button>
      </div>
      {isAsking && <LastWay signOutNow={signOutNow} cancel={cancel} />}
      <Problem text={problem} />
      {isErasing && <EraseForm withProof={withProof} />}
    </DialogPart>
  );
}

interface SigningOut {
  /** Whether the user has to be asked: nothing but the recovery code would lead back. */
  readonly isAsking: boolean;
  readonly problem: string | null;
  signOut(): void;
  signOutNow(): void;
  cancel(): void;
}

function useSignOut(): SigningOut {
  const { me, auth, words, leave } = useApp();
  const [isAsking, setIsAsking] = useState(false);
  const { problem, attempt } = useAttempt(words);
  const signOutNow = async () => {
    if (auth === "accounts") await unlessSignedOut(me.account.signOut());
    leave();
  };
  const signOut = async () => {
    const [devices, passkeys] = auth === "accounts" ? await unlessSignedOut(waysBack()) : [];
    if (devices?.length === 1 && passkeys?.length === 0) setIsAsking(true);
    else await signOutNow();
  };
  const waysBack = () => Promise.all([me.account.devices(), me.account.passkeys()]);
  return {
    isAsking,
    problem: problem && `${problem} ${words.stillSignedIn}`,
    signOut: () => attempt(signOut),
    signOutNow: () => attempt(signOutNow),
    cancel: () => setIsAsking(false),
  };
}

/** The answer; an empty list where this device is signed out already. */
async function unlessSignedOut<T>(answer: Promise<T>): Promise<T | []> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RestanteError && (error.status === 401 || error.status === 403)) return [];
    throw error;
  }
}

function LastWay({ signOutNow, cancel }: Pick<SigningOut, "signOutNow" | "cancel">): JSX.Element {
  const { words } = useApp();
  const box = useRef<HTMLDivElement>(null);
  useShown(box);
  return (
    <div ref={box} class="asked" role="group" tabIndex={-1} aria-label={words.signOut}>
      <p>{words.lastWay}</p>
      <div class="row">
        <button type="button" class="danger" onClick={signOutNow}>
          {words.signOutAnyway}
        </button>
        <button type="button" class="quiet" onClick={cancel}>
          {words.cancel}
        </button>
      </div>
    </div>
  );
}

/** The user confirms with their name. */
function EraseForm({ withProof }: Props): JSX.Element {
  const { me, words, leave } = useApp();
  const [name, setName] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { problem, attempt } = useAttempt(words);
  const isConfirmed = name.trim().toLowerCase() === me.user;
  useShown(field);
  return (
    <form
      class="asked"
      onSubmit={(event) => {
        event.preventDefault();
        if (isConfirmed) attempt(() => withProof(() => me.account.erase()).then(leave));
      }}
    >
      <label for="confirm">{words.eraseHint(me.user)}</label>
      <input
        id="confirm"
        ref={field}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
        autocomplete="off"
        autocapitalize="none"
      />
      <button type="submit" class="danger" disabled={!isConfirmed}>
        {words.eraseNow}
      </button>
      <Problem text={problem} />
    </form>
  );
}

/** What appears below the end of the dialog comes into view, with the focus. */
function useShown(element: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    element.current?.focus();
    (element.current?.closest(".asked") ?? null)?.scrollIntoView({ block: "end" });
  }, []);
}
