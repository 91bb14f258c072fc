// The user's passkeys: the list, and how to add and remove one.
import type { JSX } from "preact";
import { useApp } from "./app-state.ts";
import { DialogPart, useAsked } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { useAttempt } from "./use-attempt.ts";

export function Passkeys({ withProof }: { readonly withProof: WithProof }): JSX.Element {
  const { me, words } = useApp();
  const [passkeys, reload] = useAsked(() => me.account.passkeys());
  const { problem, attempt } = useAttempt();
  const change = (act: () => Promise<void>) => attempt(() => withProof(act).then(reload));
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
