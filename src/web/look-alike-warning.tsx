// The warning that a name only looks like another name.
import type { JSX } from "preact";
import { useApp } from "./app-state.ts";

interface Props {
  readonly name: string;
  /** The name that it could be taken for, or null. */
  readonly other: string | null;
}

export function LookAlikeWarning({ name, other }: Props): JSX.Element | null {
  const { words } = useApp();
  return other === null ? null : <span class="alike">{words.lookAlike(name, other)}</span>;
}
