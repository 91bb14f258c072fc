// The user's account: devices and how more of them come in, what others may know, who is blocked, the language, and the end of it all.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clock, dayAndTime } from "./dates.ts";
import { usePlace } from "./live.ts";
import { canNotify, notifies, setNotifies } from "./notify.ts";
import { type Language, LANGUAGES } from "./words.ts";

/** What is asked of the server: asked when the dialog opens, and again after each change. */
function useAsked<T>(ask: () => Promise<T>): readonly [T | null, () => void] {
  const [value, set] = useState<T | null>(null);
  const again = () => void ask().then(set, () => undefined);
  useEffect(again, []);
  return [value, again];
}

export function AccountDialog({ close }: { close(): void }): JSX.Element {
  const { me, auth, words } = usePlace();
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
      {auth === "accounts" && <Devices />}
      {auth === "accounts" && <Passkeys />}
      <Privacy />
      <Blocks />
      <LanguageChoice />
      <Data />
      <p>
        <a class="soft" href="/licenses.txt" target="_blank" rel="license noopener">
          {words.licenses}
        </a>
      </p>
    </dialog>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class="part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Devices(): JSX.Element {
  const { me, words, language } = usePlace();
  const [devices, again] = useAsked(() => me.account.devices());
  const [link, setLink] = useState<{ readonly code: string; readonly expires: number } | null>(null);
  const [recovery, setRecovery] = useState<string | null>(null);
  return (
    <Part title={words.devices}>
      <ul>
        {(devices ?? []).map(({ id, label, seen, online, current }) => (
          <li key={id}>
            <span>
              <bdi>{label}</bdi>{" "}
              <span class="soft">
                {current ? words.thisDevice : online ? words.online : dayAndTime(seen, language)}
              </span>
            </span>
            {!current && (
              <button type="button" class="quiet" onClick={() => void me.account.signOutDevice(id).then(again)}>
                {words.signOutDevice}
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <button type="button" class="quiet" onClick={() => void me.account.linkCode().then(setLink)}>
          {words.linkDevice}
        </button>
        <button type="button" class="quiet" onClick={() => void me.account.recoveryCode().then(setRecovery)}>
          {words.newRecovery}
        </button>
      </div>
      {link !== null && (
        <p role="status">
          <output class="code">{link.code}</output> {words.linkHint(clock(link.expires, language))}
        </p>
      )}
      {recovery !== null && (
        <p role="status">
          <output class="code">{recovery}</output> {words.recoveryHint}
        </p>
      )}
    </Part>
  );
}

function Passkeys(): JSX.Element {
  const { me, words } = usePlace();
  const [passkeys, again] = useAsked(() => me.account.passkeys());
  const [problem, setProblem] = useState<string | null>(null);
  const add = () => void me.account.addPasskey().then(again, () => setProblem(words.noPasskey));
  return (
    <Part title={words.passkeys}>
      <ul>
        {(passkeys ?? []).map(({ id, label }) => (
          <li key={id}>
            <bdi>{label}</bdi>
            <button type="button" class="quiet" onClick={() => void me.account.removePasskey(id).then(again)}>
              {words.remove}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={add}>
        {words.addPasskey}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </Part>
  );
}

function Privacy(): JSX.Element {
  const { me, words } = usePlace();
  const [settings, again] = useAsked(() => me.account.settings());
  const [notified, setNotified] = useState(notifies);
  return (
    <Part title={words.privacy}>
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
    </Part>
  );
}

function Blocks(): JSX.Element | null {
  const { me, words } = usePlace();
  const [blocked, again] = useAsked(() => me.people.blocked());
  if (blocked === null || blocked.length === 0) return null;
  return (
    <Part title={words.blocks}>
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
    </Part>
  );
}

function LanguageChoice(): JSX.Element {
  const { words, language, speak } = usePlace();
  return (
    <Part title={words.language}>
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
    </Part>
  );
}

function Data(): JSX.Element {
  const { me, auth, words, leave } = usePlace();
  const [confirmed, setConfirmed] = useState("");
  const [asked, ask] = useState(false);
  return (
    <Part title={words.data}>
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
            if (confirmed.trim() === me.user) void me.account.erase().then(leave);
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
    </Part>
  );
}
