// The user's data: the export, signing out, and erasing the account.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { nameOf } from "../client/connect.ts";
import { DialogPart } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { Problem } from "./problem.tsx";
import { SignOut } from "./sign-out-button.tsx";
import { useShown } from "./use-shown.ts";
import { useAttempt } from "./use-attempt.ts";
import { useAccount } from "./use-account.ts";

interface Props {
  readonly withProof: WithProof;
}

export function AccountData({ withProof }: Props): JSX.Element {
  const { me, auth, words } = useAccount();
  const [isErasing, setIsErasing] = useState(false);
  return (
    <DialogPart title={words.data}>
      <div class="row">
        <SignOut />
        {auth !== "jwt" && (
          <a class="button quiet" href={`/api/export?user=${encodeURIComponent(me.user)}`} download>
            {words.exportAll}
          </a>
        )}
        <button type="button" class="quiet danger" aria-expanded={isErasing} onClick={() => setIsErasing(!isErasing)}>
          {words.erase}
        </button>
      </div>
      {isErasing && <EraseForm withProof={withProof} />}
    </DialogPart>
  );
}

/** The user confirms with their name. */
function EraseForm({ withProof }: Props): JSX.Element {
  const { me, words, leave } = useAccount();
  const [name, setName] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { problem, attempt } = useAttempt();
  const read = nameOf(name.trim());
  const isConfirmed = "name" in read && read.name === me.user;
  useShown(field);
  return (
    <form
      class="asked"
      onSubmit={(event) => {
        event.preventDefault();
        if (isConfirmed) attempt(() => withProof(() => me.account.erase()).then(leave));
      }}
    >
      <label for="confirm">{words.eraseHint(me.user)}</label>
      <input
        id="confirm"
        ref={field}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
        autocomplete="off"
        autocapitalize="none"
      />
      <button type="submit" class="danger" disabled={!isConfirmed}>
        {words.eraseNow}
      </button>
      <Problem problem={problem} />
    </form>
  );
}
