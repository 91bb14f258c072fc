// The dialog of the user's account: its sections, in one column below a head that stays.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Notice } from "../client/connect.ts";
import { AccountData } from "./account-data.tsx";
import { Devices } from "./devices.tsx";
import { useApp } from "./app-state.ts";
import { DialogPart } from "./dialog-part.tsx";
import { useProof } from "./fresh-proof.tsx";
import { LanguageChoice } from "./language-choice.tsx";
import { NotificationSwitch } from "./notification-switch.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Privacy } from "./privacy.tsx";

interface Props {
  close(): void;
  /** The latest notices of the account. */
  readonly lately: readonly Notice[];
}

export function AccountDialog({ close, lately }: Props): JSX.Element {
  const { auth, words } = useApp();
  const [withProof, proofDialog] = useProof();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const hide = () => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      class="account"
      onClose={close}
      // The dialog itself is hit beside its content only.
      onPointerDown={({ target, currentTarget }) => target === currentTarget && hide()}
      aria-labelledby="account-title"
    >
      <div class="sheet">
        <Head hide={hide} />
        <Profile />
        <Privacy />
        <NotificationSwitch />
        {auth === "accounts" && <Devices withProof={withProof} lately={lately} />}
        {auth === "accounts" && <Passkeys withProof={withProof} />}
        <AccountData withProof={withProof} />
        <p class="foot">
          <a class="soft" href="/licenses.txt" target="_blank" rel="license noopener">
            {words.licenses}
          </a>
        </p>
      </div>
      {proofDialog}
    </dialog>
  );
}

function Head({ hide }: { hide(): void }): JSX.Element {
  const { me, words } = useApp();
  return (
    <header>
      <h2 id="account-title">{words.accountOf(me.user)}</h2>
      <button type="button" class="cross" aria-label={words.close} onClick={hide}>
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="m3.5 3.5 9 9m0-9-9 9" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" />
        </svg>
      </button>
    </header>
  );
}

function Profile(): JSX.Element {
  const { me, words, language, speak } = useApp();
  return (
    <DialogPart title={words.profile}>
      <dl>
        <dt>{words.userName}</dt>
        <dd>
          <bdi>{me.user}</bdi>
        </dd>
        <dt>{words.language}</dt>
        <dd>
          <LanguageChoice words={words} language={language} speak={speak} />
        </dd>
      </dl>
    </DialogPart>
  );
}
