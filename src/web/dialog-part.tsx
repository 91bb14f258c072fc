// A part of a dialog: its title and its content, and the value that it asks of the server.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "./app-state.ts";

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
  const { words } = useApp();
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
  return (
    <section class="part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
