// The user's passkeys: the list, and how to add and remove one.
import type { JSX } from "preact";
import { useApp } from "./app-state.ts";
import { dayAndTime } from "./dates.ts";
import { DialogPart, NotLoaded, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";

export function Passkeys({ withProof }: { readonly withProof: WithProof }): JSX.Element {
  const { me, words, language } = useApp();
  const asked = useAsked(() => me.account.passkeys());
  const { problem, attempt } = useAttempt();
  const change = (act: () => Promise<void>) => attempt(() => withProof(act).then(asked.reload));
  return (
    <DialogPart title={words.passkeys}>
      <ul>
        {(asked.value ?? []).map(({ id, label, created }) => (
          <li key={id}>
            <span>
              <bdi>{label}</bdi>
              {/* Two passkeys of one kind of device have the same label. */}
              <span class="soft">{words.passkeyAdded(dayAndTime(created, language))}</span>
            </span>
            <button type="button" class="quiet" onClick={() => change(() => me.account.removePasskey(id))}>
              {words.remove}
            </button>
          </li>
        ))}
      </ul>
      <NotLoaded asked={asked} />
      <button type="button" class="quiet" onClick={() => change(() => me.account.addPasskey())}>
        {words.addPasskey}
      </button>
      <Problem problem={problem} />
    </DialogPart>
  );
}
