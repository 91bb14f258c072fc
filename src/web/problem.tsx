// Why something that the user wanted did not happen.
import type { JSX } from "preact";

/** The line is there before it has a text: screen readers announce what appears in it. */
export function Problem({ text, id }: { readonly text: string | null; readonly id?: string }): JSX.Element {
  return (
    <p id={id} class="problem" role="alert">
      {text}
    </p>
  );
}
