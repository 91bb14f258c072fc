// Why something that the user wanted did not happen.
import type { JSX } from "preact";

interface Props {
  readonly problem: string | null;
  readonly id?: string;
}

/** The line is there before it has a text: screen readers announce what appears in it. */
export function Problem({ problem, id }: Props): JSX.Element {
  return (
    <p id={id} class="problem" role="alert">
      {problem}
    </p>
  );
}
