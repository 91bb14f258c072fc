// The user's devices: the list, how to sign one out, and the codes with which more of them come in.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Notice, SignedInDevice } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { dayAndTime } from "./dates.ts";
import { DialogPart, NotLoaded, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { type LinkCode, LinkDevice } from "./link-device.tsx";
import { NoticeList } from "./notices.tsx";
import { Problem } from "./problem.tsx";
import { RecoveryDialog } from "./recovery.tsx";
import { forgetCode, holdCode, type UnsavedCode } from "./unsaved-code.ts";
import { useAttempt } from "./use-attempt.ts";

interface Props {
  readonly withProof: WithProof;
  /** The latest notices, most of which are about devices. */
  readonly lately: readonly Notice[];
}

export function Devices({ withProof, lately }: Props): JSX.Element {
  const { me, words } = useApp();
  const asked = useAsked(() => me.account.devices());
  // Another device has come or gone.
  useEffect(() => me.notices.subscribe(asked.reload), [me]);
  const devices = asked.value ?? [];
  const [link, setLink] = useState<LinkCode | null>(null);
  const { problem, attempt } = useAttempt();
  const { shown, renew, kept } = useNewCode(withProof, attempt, asked.reload);
  const makeLink = async () => {
    const made = await withProof(() => me.account.linkCode());
    setLink({ ...made, before: new Set(devices.map(({ id }) => id)) });
  };
  return (
    <DialogPart title={words.devices}>
      <ul>
        {devices.map((device) => (
          <Device key={device.id} device={device} signOut={() => renew(() => me.account.signOutDevice(device.id))} />
        ))}
      </ul>
      <NotLoaded asked={asked} />
      <div class="row">
        <button type="button" class="quiet" onClick={() => attempt(makeLink)}>
          {words.linkDevice}
        </button>
        <button type="button" class="quiet" onClick={() => renew(() => me.account.recoveryCode())}>
          {words.newRecovery}
        </button>
        <button type="button" class="quiet danger" onClick={() => renew(() => me.account.signOutOthers())}>
          {words.signOutOthers}
        </button>
      </div>
      {link !== null && <LinkDevice key={link.code} link={link} devices={devices} ended={() => setLink(null)} />}
      {shown !== null && <RecoveryDialog {...shown} words={words} kept={kept} />}
      <Problem problem={problem} />
      {lately.length > 0 && (
        <>
          <h4>{words.lately}</h4>
          <NoticeList notices={lately} />
        </>
      )}
    </DialogPart>
  );
}

interface NewCode {
  readonly shown: UnsavedCode | null;
  /** Shows the new recovery code, where the answer has one. */
  renew(act: () => Promise<string | null>): void;
  kept(): void;
}

function useNewCode(withProof: WithProof, attempt: (act: () => Promise<void>) => void, reload: () => void): NewCode {
  const { me } = useApp();
  const [shown, setShown] = useState<UnsavedCode | null>(null);
  const renew = (act: () => Promise<string | null>) =>
    attempt(async () => {
      const code = await withProof(act);
      reload();
      if (code === null) return;
      const held = { userName: me.user, code, replaces: true };
      holdCode(held);
      setShown(held);
    });
  const kept = () => {
    forgetCode();
    setShown(null);
  };
  return { shown, renew, kept };
}

function Device({ device, signOut }: { readonly device: SignedInDevice; signOut(): void }): JSX.Element {
  const { words, language } = useApp();
  const { label, seen, online, current } = device;
  return (
    <li>
      <span>
        <bdi>{label}</bdi>
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
