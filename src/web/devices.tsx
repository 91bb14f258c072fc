// The user's devices: the list, how to sign one out, and the codes with which more of them come in.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SignedInDevice } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { clock, dayAndTime } from "./dates.ts";
import { DialogPart, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { RecoveryCode } from "./recovery.tsx";
import { useAttempt } from "./use-attempt.ts";

export function Devices({ withProof }: { readonly withProof: WithProof }): JSX.Element {
  const { me, words, language } = useApp();
  const [devices, reload] = useAsked(() => me.account.devices());
  const [link, setLink] = useState<{ readonly code: string; readonly expires: number } | null>(null);
  const [recovery, setRecovery] = useState<string | null>(null);
  const { problem, attempt } = useAttempt();
  const makeLink = () => attempt(async () => setLink(await withProof(() => me.account.linkCode())));
  /** Shows the new recovery code, where the answer has one. */
  const renew = (act: () => Promise<string | null>) =>
    attempt(async () => {
      const code = await withProof(act);
      if (code !== null) setRecovery(code);
      reload();
    });
  return (
    <DialogPart title={words.devices}>
      <ul>
        {(devices ?? []).map((device) => (
          <Device key={device.id} device={device} signOut={() => renew(() => me.account.signOutDevice(device.id))} />
        ))}
      </ul>
      <div class="row">
        <button type="button" class="quiet" onClick={makeLink}>
          {words.linkDevice}
        </button>
        <button type="button" class="quiet" onClick={() => renew(() => me.account.recoveryCode())}>
          {words.newRecovery}
        </button>
        <button type="button" class="quiet danger" onClick={() => renew(() => me.account.signOutOthers())}>
          {words.signOutOthers}
        </button>
      </div>
      {link !== null && (
        <p role="status">
          <output class="code">{link.code}</output> {words.linkHint(clock(link.expires, language))}
        </p>
      )}
      {recovery !== null && <NewRecoveryCode code={recovery} kept={() => setRecovery(null)} />}
      <p class="problem" role="alert">
        {problem}
      </p>
    </DialogPart>
  );
}

function Device({ device, signOut }: { readonly device: SignedInDevice; signOut(): void }): JSX.Element {
  const { words, language } = useApp();
  const { label, seen, online, current } = device;
  return (
    <li>
      <span>
        <bdi>{label}</bdi>{" "}
        <span class="soft">{current ? words.thisDevice : online ? words.online : dayAndTime(seen, language)}</span>
      </span>
      {!current && (
        <button type="button" class="quiet" onClick={signOut}>
          {words.signOutDevice}
        </button>
      )}
    </li>
  );
}

function NewRecoveryCode({ code, kept }: { readonly code: string; kept(): void }): JSX.Element {
  const { me, words } = useApp();
  return (
    <div class="shown-once" role="status">
      <h4>{words.recoveryTitle}</h4>
      <RecoveryCode userName={me.user} code={code} words={words} kept={kept} />
    </div>
  );
}
