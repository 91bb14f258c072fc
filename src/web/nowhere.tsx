// An address that names nobody: there is nothing to write in, so that nothing can be lost.
import type { JSX } from "preact";
import { go } from "./address.ts";
import { useApp } from "./app-state.ts";

export function Nowhere({ text }: { readonly text: string }): JSX.Element {
  const { words } = useApp();
  return (
    <section class="nowhere">
      <h2>{words.nobodyHere}</h2>
      <p>{words.nobodyHereHint(text)}</p>
      <button type="button" onClick={() => go(null)}>
        {words.toList}
      </button>
    </section>
  );
}
