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

interface NameField {
  readonly text: string;
  readonly problem: string | null;
  readonly isSaved: boolean;
  readonly isBusy: boolean;
  write(text: string): void;
  save(event: Event): void;
}

function useName(): NameField {
  const { me, words } = useAccount();
  const now = useLive(me.profile.displayName) ?? "";
  const [written, setWritten] = useState<string | null>(null);
  const [isSaved, setIsSaved] = useState(false);
  const { problem, isBusy, attempt, setProblem } = useAttempt();
  const text = written ?? now;
  const name = text.normalize("NFC").trim();
  const isTooLong = name.length > MAX_LENGTH;
  const change = async () => {
    try {
      await me.profile.change({ displayName: name === "" ? null : name });
      setIsSaved(true);
    } catch (error) {
      if (!(error instanceof RestanteError && error.code === "bad_frame")) throw error;
      setProblem(words.displayNameBad);
    }
  };
  return {
    text,
    problem: isTooLong ? words.displayNameLong : problem,
    isSaved,
    isBusy,
    write: (next) => {
      setWritten(next);
      setIsSaved(false);
      setProblem(null);
    },
    save: (event) => {
      event.preventDefault();
      if (!isTooLong) attempt(change);
    },
  };
}

export function DisplayName(): JSX.Element {
  const { words } = useAccount();
  const { text, problem, isSaved, isBusy, write, save } = useName();
  return (
    <form class="display-name" onSubmit={save}>
      <label for="display-name">{words.displayName}</label>
      <div class="row">
        <input
          id="display-name"
          value={text}
          dir="auto"
          autocomplete="nickname"
          aria-invalid={problem !== null}
          aria-describedby="display-name-hint display-name-problem"
          onInput={({ currentTarget }) => write(currentTarget.value)}
        />
        <button type="submit" class="quiet" aria-disabled={isBusy}>
          {words.save}
        </button>
      </div>
      <p id="display-name-hint" class="soft" role="status">
        {isSaved ? words.saved : words.displayNameHint}
      </p>
      <Problem id="display-name-problem" problem={problem} />
    </form>
  );
}
