// A part of a dialog: its title and its content, and the value that it asks of the server.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * A value of the server, null until it has answered: asked for when the dialog opens, and again when the caller wants
 * it.
 */
export function useAsked<T>(ask: () => Promise<T>): readonly [T | null, () => void] {
  const [value, set] = useState<T | null>(null);
  const reload = () => void ask().then(set, () => undefined);
  useEffect(reload, []);
  return [value, reload];
}

export function DialogPart({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
