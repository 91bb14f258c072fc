// The field for the user's display name.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { RestanteError } from "../client/connect.ts";
import { useLive } from "./app-state.ts";
import { Problem } from "./problem.tsx";
import { useAccount } from "./use-account.ts";
import { useAttempt } from "./use-attempt.ts";

/** UTF-16 units, as the server counts them. */
const MAX_LENGTH = 64;

export function DisplayName(): JSX.Element {
  const { me, words } = useAccount();
  const now = useLive(me.profile.displayName) ?? "";
  const [written, write] = useState<string | null>(null);
  const [isSaved, setIsSaved] = useState(false);
  const { problem, isBusy, attempt, setProblem } = useAttempt();
  const text = written ?? now;
  const name = text.normalize("NFC").trim();
  const isTooLong = name.length > MAX_LENGTH;
  const save = async () => {
    try {
      await me.profile.change({ displayName: name === "" ? null : name });
      setIsSaved(true);
    } catch (error) {
      if (!(error instanceof RestanteError && error.code === "bad_frame")) throw error;
      setProblem(words.displayNameBad);
    }
  };
  return (
    <form
      class="display-name"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isTooLong) attempt(save);
      }}
    >
      <label for="display-name">{words.displayName}</label>
      <div class="row">
        <input
          id="display-name"
          value={text}
          dir="auto"
          autocomplete="nickname"
          aria-invalid={isTooLong || problem !== null}
          aria-describedby="display-name-hint display-name-problem"
          onInput={({ currentTarget }) => {
            write(currentTarget.value);
            setIsSaved(false);
            setProblem(null);
          }}
        />
        <button type="submit" class="quiet" aria-disabled={isBusy || isTooLong}>
          {words.save}
        </button>
      </div>
      <p id="display-name-hint" class="soft" role="status">
        {isSaved ? words.saved : words.displayNameHint}
      </p>
      <Problem id="display-name-problem" problem={isTooLong ? words.displayNameLong : problem} />
    </form>
  );
}
