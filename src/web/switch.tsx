// A switch for something that the server or the browser may refuse: it shows what is, not what was wanted.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";

interface Props {
  readonly label: string;
  readonly hint: string;
  /** Null while it is not known. */
  readonly isOn: boolean | null;
  turn(on: boolean): Promise<unknown>;
}

export function Switch({ label, hint, isOn, turn }: Props): JSX.Element {
  /** What the user wants, until the answer has come. */
  const [wanted, setWanted] = useState<boolean | null>(null);
  const { problem, isBusy, attempt } = useAttempt();
  const change = (on: boolean) =>
    attempt(async () => {
      setWanted(on);
      await turn(on).finally(() => setWanted(null));
    });
  return (
    <>
      <label class="switch">
        <span>
          {label} <small class="soft">{hint}</small>
        </span>
        <input
          type="checkbox"
          role="switch"
          checked={wanted ?? isOn ?? false}
          disabled={isOn === null}
          onClick={(event) => isBusy && event.preventDefault()}
          onChange={({ currentTarget }) => change(currentTarget.checked)}
        />
      </label>
      <Problem problem={problem} />
    </>
  );
}
