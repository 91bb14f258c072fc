// The picture of a user: the first letter of their name, on a colour made of the name. The conversation with oneself has
// a sign.
import type { JSX } from "preact";
import { hueOf } from "./hue.ts";
import { Icon } from "./icons.tsx";

interface Props {
  readonly name: string;
  readonly isOnline?: boolean;
  /** The user's conversation with themselves. */
  readonly isSelf?: boolean;
}

export function Avatar({ name, isOnline = false, isSelf = false }: Props): JSX.Element {
  return (
    <span class="avatar" style={{ "--hue": String(hueOf(name)) }} aria-hidden="true">
      {isSelf ? <Icon name="note" /> : [...name][0]?.toUpperCase()}
      {isOnline && <span class="there" />}
    </span>
  );
}
