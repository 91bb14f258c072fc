// The dialog of the user's account: devices and passkeys, privacy, blocked users, the language, and the user's data.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Notice } from "../client/connect.ts";
import { AccountData } from "./account-data.tsx";
import { Devices } from "./devices.tsx";
import { useApp } from "./app-state.ts";
import { NoticeList } from "./notices.tsx";
import { NotificationSwitch } from "./notification-switch.tsx";
import { DialogPart, useAsked } from "./dialog-part.tsx";
import { useProof } from "./fresh-proof.tsx";
import { Passkeys } from "./passkeys.tsx";
import { type Language, LANGUAGES } from "./translations.ts";

export function AccountDialog({ close, lately }: { close(): void; readonly lately: readonly Notice[] }): JSX.Element {
  const { me, auth, words } = useApp();
  const [withProof, proofDialog] = useProof();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="account-title">
      <header>
        <h2 id="account-title">
          {words.account}: <bdi>{me.user}</bdi>
        </h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      {lately.length > 0 && (
        <DialogPart title={words.lately}>
          <NoticeList notices={lately} />
        </DialogPart>
      )}
      {auth === "accounts" && <Devices withProof={withProof} />}
      {auth === "accounts" && <Passkeys withProof={withProof} />}
      <Privacy />
      <Blocks />
      <LanguageChoice />
      <AccountData withProof={withProof} />
      <p>
        <a class="soft" href="/licenses.txt" target="_blank" rel="license noopener">
          {words.licenses}
        </a>
      </p>
      {proofDialog}
    </dialog>
  );
}

function Privacy(): JSX.Element {
  const { me, words } = useApp();
  const [settings, reload] = useAsked(() => me.account.settings());
  return (
    <DialogPart title={words.privacy}>
      {(["receipts", "presence"] as const).map((name) => (
        <label key={name} class="switch">
          <input
            type="checkbox"
            checked={settings?.[name] ?? true}
            disabled={settings === null}
            onChange={({ currentTarget }) => void me.account.change({ [name]: currentTarget.checked }).then(reload)}
          />
          {words[name]}
        </label>
      ))}
      <NotificationSwitch />
    </DialogPart>
  );
}

function Blocks(): JSX.Element | null {
  const { me, words } = useApp();
  const [blocked, reload] = useAsked(() => me.people.blocked());
  if (blocked === null || blocked.length === 0) return null;
  return (
    <DialogPart title={words.blocks}>
      <ul>
        {blocked.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi>
            <button type="button" class="quiet" onClick={() => void me.people.unblock(name).then(reload)}>
              {words.unblock}
            </button>
          </li>
        ))}
      </ul>
    </DialogPart>
  );
}

function LanguageChoice(): JSX.Element {
  const { words, language, speak } = useApp();
  return (
    <DialogPart title={words.language}>
      <select
        aria-label={words.language}
        value={language}
        onChange={({ currentTarget }) => speak(currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </DialogPart>
  );
}
