// The user's data: the export, signing out, and erasing the account.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { DialogPart } from "./dialog-part.tsx";
import type { WithProof } from "./fresh-proof.tsx";
import { SignOutButton } from "./sign-out.tsx";

interface Props {
  readonly withProof: WithProof;
}

export function AccountData({ withProof }: Props): JSX.Element {
  const { me, auth, words } = useApp();
  const [isErasing, setIsErasing] = useState(false);
  const [name, setName] = useState("");
  return (
    <DialogPart title={words.data}>
      <div class="row">
        {auth !== "jwt" && (
          <a class="button quiet" href={`/api/export?user=${encodeURIComponent(me.user)}`} download>
            {words.exportAll}
          </a>
        )}
        <SignOutButton />
        <button type="button" class="quiet danger" aria-expanded={isErasing} onClick={() => setIsErasing(!isErasing)}>
          {words.erase}
        </button>
      </div>
      {isErasing && <EraseForm name={name} setName={setName} withProof={withProof} />}
    </DialogPart>
  );
}

interface EraseProps extends Props {
  readonly name: string;
  setName(name: string): void;
}

/** The user confirms with their name. */
function EraseForm({ name, setName, withProof }: EraseProps): JSX.Element {
  const { me, words, leave } = useApp();
  const isConfirmed = name.trim() === me.user;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isConfirmed) void withProof(() => me.account.erase()).then(leave, () => undefined);
      }}
    >
      <label for="confirm">{words.eraseHint(me.user)}</label>
      <div class="row">
        <input
          id="confirm"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
          autocomplete="off"
          autocapitalize="none"
        />
        <button type="submit" class="danger" disabled={!isConfirmed}>
          {words.erase}
        </button>
      </div>
    </form>
  );
}
