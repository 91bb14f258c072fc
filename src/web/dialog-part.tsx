// A part of a dialog: its title and what is in it, and what is asked of the server for it.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** What is asked of the server: asked when the dialog opens, and again after each change. */
export function useAsked<T>(ask: () => Promise<T>): readonly [T | null, () => void] {
  const [value, set] = useState<T | null>(null);
  const again = () => void ask().then(set, () => undefined);
  useEffect(again, []);
  return [value, again];
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
