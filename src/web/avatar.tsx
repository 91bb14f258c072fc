// The picture of a user: the first letter of what they are called, on a colour made of the userName. The conversation with oneself has
// a sign.
import type { JSX } from "preact";
import { hueOf } from "./hue.ts";
import { Icon } from "./icons.tsx";

interface Props {
  readonly name: string;
  /** The userName, where the name is a display name. */
  readonly of?: string;
  readonly isOnline?: boolean;
  /** The user's conversation with themselves. */
  readonly isSelf?: boolean;
}

export function Avatar({ name, of = name, isOnline = false, isSelf = false }: Props): JSX.Element {
  return (
    <span class="avatar" style={{ "--hue": String(hueOf(of)) }} aria-hidden="true">
      {isSelf ? <Icon name="note" /> : [...name][0]?.toUpperCase()}
      {isOnline && <span class="there" />}
    </span>
  );
}
