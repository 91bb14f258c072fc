// The user's passkeys: the list, and how to add and remove one.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AccountPasskey } from "../client/connect.ts";
import { Asked } from "./asked.tsx";
import { dayAndTime } from "./dates.ts";
import { DialogPart, NotLoaded, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";
import { useAccount } from "./use-account.ts";

export function Passkeys({ withProof }: { readonly withProof: WithProof }): JSX.Element {
  const { me, words, language } = useAccount();
  const asked = useAsked(() => me.account.passkeys());
  const { problem, isBusy, attempt } = useAttempt();
  const [removed, ask] = useState<AccountPasskey | null>(null);
  const change = (act: () => Promise<void>) => attempt(() => withProof(act).then(asked.reload));
  return (
    <DialogPart title={words.passkeys}>
      <ul>
        {(asked.value ?? []).map((passkey) => (
          <li key={passkey.id}>
            <span>
              <bdi>{passkey.label}</bdi>
              {/* Two passkeys of one kind of device have the same label. */}
              <span class="soft">{words.passkeyAdded(dayAndTime(passkey.created, language))}</span>
            </span>
            <button type="button" class="quiet" onClick={() => ask(passkey)}>
              {words.remove}
            </button>
          </li>
        ))}
      </ul>
      {removed !== null && (
        <Asked
          key={removed.id}
          title={words.remove}
          text={words.removeAsk(removed.label)}
          label={words.remove}
          isBusy={isBusy}
          go={() => change(() => me.account.removePasskey(removed.id).then(() => ask(null)))}
          cancel={() => ask(null)}
        />
      )}
      <NotLoaded asked={asked} />
      <button type="button" class="quiet" onClick={() => change(() => me.account.addPasskey())}>
        {words.addPasskey}
      </button>
      <Problem problem={problem} />
    </DialogPart>
  );
}
