// The user's devices and passkeys: how more of them come in, and how they go.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Refused } from "../client/connect.ts";
import { clock, dayAndTime } from "./dates.ts";
import { useApp } from "./app-state.ts";
import { DialogPart, useAsked } from "./dialog-part.tsx";
import type { Proven } from "./fresh-proof.tsx";
import { RecoveryCode } from "./recovery.tsx";

interface Props {
  readonly proven: Proven;
}

/** Does something that the server may refuse, and what it said then. */
function useProblem(): readonly [string | null, (act: () => Promise<void>) => void] {
  const { words } = useApp();
  const [problem, set] = useState<string | null>(null);
  const attempt = (act: () => Promise<void>) => {
    set(null);
    act().catch((error: unknown) => {
      if (error instanceof DOMException) set(words.noPasskey);
      else if (!(error instanceof Refused)) set(words.unreachable);
      // Whoever would rather not prove anything has been told why already.
      else if (error.code !== "proof_required") set(error.message);
    });
  };
  return [problem, attempt];
}

export function Devices({ proven }: Props): JSX.Element {
  const { me, words, language } = useApp();
  const [devices, again] = useAsked(() => me.account.devices());
  const [link, setLink] = useState<{ readonly code: string; readonly expires: number } | null>(null);
  const [recovery, setRecovery] = useState<string | null>(null);
  const [problem, attempt] = useProblem();
  /** What the answer has in place of the last code is shown. */
  const renewing = (act: () => Promise<string | null>) =>
    attempt(async () => {
      const code = await proven(act);
      if (code !== null) setRecovery(code);
      again();
    });
  return (
    <DialogPart title={words.devices}>
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
              <button type="button" class="quiet" onClick={() => renewing(() => me.account.signOutDevice(id))}>
                {words.signOutDevice}
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          class="quiet"
          onClick={() => attempt(async () => setLink(await proven(() => me.account.linkCode())))}
        >
          {words.linkDevice}
        </button>
        <button type="button" class="quiet" onClick={() => renewing(() => me.account.recoveryCode())}>
          {words.newRecovery}
        </button>
        <button type="button" class="quiet danger" onClick={() => renewing(() => me.account.signOutOthers())}>
          {words.signOutOthers}
        </button>
      </div>
      {link !== null && (
        <p role="status">
          <output class="code">{link.code}</output> {words.linkHint(clock(link.expires, language))}
        </p>
      )}
      {recovery !== null && (
        <div class="shown-once" role="status">
          <h4>{words.recoveryTitle}</h4>
          <RecoveryCode userName={me.user} code={recovery} words={words} kept={() => setRecovery(null)} />
        </div>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
    </DialogPart>
  );
}

export function Passkeys({ proven }: Props): JSX.Element {
  const { me, words } = useApp();
  const [passkeys, again] = useAsked(() => me.account.passkeys());
  const [problem, attempt] = useProblem();
  const change = (act: () => Promise<void>) => attempt(() => proven(act).then(again));
  return (
    <DialogPart title={words.passkeys}>
      <ul>
        {(passkeys ?? []).map(({ id, label }) => (
          <li key={id}>
            <bdi>{label}</bdi>
            <button type="button" class="quiet" onClick={() => change(() => me.account.removePasskey(id))}>
              {words.remove}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={() => change(() => me.account.addPasskey())}>
        {words.addPasskey}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </DialogPart>
  );
}
