// A question before something that can't be undone, below the button that asks it.
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useAccount } from "./use-account.ts";
import { useShown } from "./use-shown.ts";

export interface AskedProps {
  /** What it is about: the label of the button that asks. */
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly isBusy: boolean;
  go(): void;
  cancel(): void;
}

/** The focus is on the way out of it, and goes back to where it was. */
export function Asked({ title, text, label, isBusy, go, cancel }: AskedProps): JSX.Element {
  const { words } = useAccount();
  const id = useId();
  const safe = useRef<HTMLButtonElement>(null);
  useFocusBack();
  useShown(safe);
  return (
    <div class="asked" role="alertdialog" aria-label={title} aria-describedby={id}>
      <p id={id}>{text}</p>
      <div class="row">
        <button type="button" class="danger" aria-disabled={isBusy} onClick={go}>
          {isBusy ? words.working : label}
        </button>
        <button ref={safe} type="button" class="quiet" onClick={cancel}>
          {words.cancel}
        </button>
      </div>
    </div>
  );
}

function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => before instanceof HTMLElement && before.focus();
  }, []);
}
