// The user's account: devices and how more of them come in, what others may know, who is blocked, the language, and the end of it all.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Notice } from "../client/connect.ts";
import { Devices, Passkeys } from "./devices.tsx";
import { useApp } from "./app-state.ts";
import { NoticeList } from "./notices.tsx";
import { canNotify, notifies, setNotifies } from "./notifications.ts";
import { DialogPart, useAsked } from "./dialog-part.tsx";
import { type Proven, useProof } from "./fresh-proof.tsx";
import { type Language, LANGUAGES } from "./translations.ts";

export function AccountDialog({ close, lately }: { close(): void; readonly lately: readonly Notice[] }): JSX.Element {
  const { me, auth, words } = useApp();
  const [proven, proof] = useProof();
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
      {auth === "accounts" && <Devices proven={proven} />}
      {auth === "accounts" && <Passkeys proven={proven} />}
      <Privacy />
      <Blocks />
      <LanguageChoice />
      <Data proven={proven} />
      <p>
        <a class="soft" href="/licenses.txt" target="_blank" rel="license noopener">
          {words.licenses}
        </a>
      </p>
      {proof}
    </dialog>
  );
}

function Privacy(): JSX.Element {
  const { me, words } = useApp();
  const [settings, again] = useAsked(() => me.account.settings());
  const [notified, setNotified] = useState(notifies);
  return (
    <DialogPart title={words.privacy}>
      {(["receipts", "presence"] as const).map((name) => (
        <label key={name} class="switch">
          <input
            type="checkbox"
            checked={settings?.[name] ?? true}
            disabled={settings === null}
            onChange={({ currentTarget }) => void me.account.change({ [name]: currentTarget.checked }).then(again)}
          />
          {words[name]}
        </label>
      ))}
      {canNotify() && (
        <label class="switch">
          <input
            type="checkbox"
            checked={notified}
            onChange={({ currentTarget }) => void setNotifies(currentTarget.checked).then(setNotified)}
          />
          {words.notify}
        </label>
      )}
    </DialogPart>
  );
}

function Blocks(): JSX.Element | null {
  const { me, words } = useApp();
  const [blocked, again] = useAsked(() => me.people.blocked());
  if (blocked === null || blocked.length === 0) return null;
  return (
    <DialogPart title={words.blocks}>
      <ul>
        {blocked.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi>
            <button type="button" class="quiet" onClick={() => void me.people.unblock(name).then(again)}>
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

function Data({ proven }: { readonly proven: Proven }): JSX.Element {
  const { me, auth, words, leave } = useApp();
  const [confirmed, setConfirmed] = useState("");
  const [asked, ask] = useState(false);
  return (
    <DialogPart title={words.data}>
      <div class="row">
        {auth !== "jwt" && (
          <a class="button quiet" href={`/api/export?user=${encodeURIComponent(me.user)}`} download>
            {words.exportAll}
          </a>
        )}
        <button
          type="button"
          class="quiet"
          onClick={() =>
            void (auth === "accounts" ? me.account.signOut() : Promise.resolve()).catch(() => undefined).then(leave)
          }
        >
          {words.signOut}
        </button>
        <button type="button" class="quiet danger" aria-expanded={asked} onClick={() => ask(!asked)}>
          {words.erase}
        </button>
      </div>
      {asked && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (confirmed.trim() !== me.user) return;
            void proven(() => me.account.erase()).then(leave, () => undefined);
          }}
        >
          <label for="confirm">{words.eraseHint(me.user)}</label>
          <div class="row">
            <input
              id="confirm"
              value={confirmed}
              onInput={({ currentTarget }) => setConfirmed(currentTarget.value)}
              autocomplete="off"
              autocapitalize="none"
            />
            <button type="submit" class="danger" disabled={confirmed.trim() !== me.user}>
              {words.erase}
            </button>
          </div>
        </form>
      )}
    </DialogPart>
  );
}
