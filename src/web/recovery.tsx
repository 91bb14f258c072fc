// The recovery code, which the server gives once: shown until the user says that it is saved, with buttons to copy and to
// download it.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "./copy-button.tsx";
import type { Translations } from "./translations.ts";
import type { UnsavedCode } from "./unsaved-code.ts";

interface Props extends UnsavedCode {
  /** The level of its heading: 1 where it has the page for itself. */
  readonly level: 1 | 2;
  readonly words: Translations;
  kept(): void;
}

export function RecoveryCode({ userName, code, replaces, level, words, kept }: Props): JSX.Element {
  const Heading = `h${level}` as const;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [code]);
  useWarning();
  const file = `data:text/plain,${encodeURIComponent(`${location.host}\n${userName}\n${code}\n`)}`;
  return (
    <>
      <Heading id="recovery-title" ref={title} tabIndex={-1}>
        {words.recoveryTitle}
      </Heading>
      <p>
        {words.recoveryHint}
        {replaces && words.recoveryReplaces}
      </p>
      <output class="code" aria-label={words.recoveryCode}>
        {code}
      </output>
      <div class="row">
        <CopyButton text={code} label={words.copy} words={words} />
        <a class="button quiet" href={file} download={`restante-${userName}.txt`}>
          {words.download}
        </a>
      </div>
      <button type="button" onClick={kept}>
        {words.kept}
      </button>
    </>
  );
}

/** The code in front of everything else, for which there is no way but to save it. */
export function RecoveryDialog(props: Omit<Props, "level">): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isKept = useRef(false);
  const show = () => dialog.current?.showModal();
  useEffect(show, []);
  // Closed before it goes: that gives the focus back.
  const keep = () => {
    isKept.current = true;
    dialog.current?.close();
    // What had the focus may be gone, as the button of a device that was signed out: then it is still in here, or nowhere.
    if (!document.activeElement?.closest("dialog[open]"))
      document.querySelector<HTMLElement>("dialog[open] button")?.focus();
  };
  return (
    <dialog
      ref={dialog}
      class="small"
      aria-labelledby="recovery-title"
      onCancel={(event) => event.preventDefault()}
      // A second Escape closes a dialog in any case.
      onClose={() => (isKept.current ? props.kept() : show())}
    >
      <RecoveryCode {...props} kept={keep} level={2} />
    </dialog>
  );
}

/** The browser asks before the tab is closed. */
function useWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
}
