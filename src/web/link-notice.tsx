// What a link from another device means where somebody is signed in already: nothing, and why.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./app-state.ts";

export function LinkNotice({ done }: { done(): void }): JSX.Element {
  const { me, words } = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="small" onClose={done} aria-labelledby="link-notice">
      <p id="link-notice">{words.linkUseless(me.user)}</p>
      <button type="button" onClick={() => dialog.current?.close()}>
        {words.ok}
      </button>
    </dialog>
  );
}
