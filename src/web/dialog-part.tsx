// A part of a dialog: its title and its content, and the value that it asks of the server.
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAccount } from "./use-account.ts";

export interface Asked<T> {
  /** Null until the server has answered. */
  readonly value: T | null;
  readonly hasFailed: boolean;
  reload(): void;
}

/** A value of the server: asked for when the dialog opens, and again when the caller wants it. */
export function useAsked<T>(ask: () => Promise<T>): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [hasFailed, setHasFailed] = useState(false);
  const load = async () => {
    setHasFailed(false);
    setValue(await ask());
  };
  const reload = () => void load().catch(() => setHasFailed(true));
  useEffect(reload, []);
  return { value, hasFailed, reload };
}

/** That a value could not be had, with a button that asks again. */
export function NotLoaded({ asked }: { readonly asked: Asked<unknown> }): JSX.Element | null {
  const { words } = useAccount();
  if (!asked.hasFailed) return null;
  return (
    <p class="problem" role="alert">
      {words.notLoaded}{" "}
      <button type="button" class="link" onClick={asked.reload}>
        {words.tryAgain}
      </button>
    </p>
  );
}

interface PartProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

export function DialogPart({ title, children }: PartProps): JSX.Element {
  const section = useRef<HTMLElement>(null);
  useFocusKept(section);
  return (
    <section ref={section} class="part" aria-label={title} tabIndex={-1}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** What has the focus may go, as a device that is signed out does: then `box` has it. */
function useFocusKept(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const section = box.current;
    if (section === null) return;
    let focused: Element | null = null;
    const note = ({ target }: FocusEvent) => (focused = target as Element);
    const watch = new MutationObserver(() => {
      if (focused?.isConnected === false && document.activeElement === document.body) section.focus();
    });
    section.addEventListener("focusin", note);
    watch.observe(section, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, []);
}
