// What somebody is called. Everybody chooses a display name for themselves, so the userName is always beside it: that alone
// says who it is.
import type { JSX } from "preact";
import type { Conversation } from "../client/connect.ts";
import { useApp, useConversation } from "./app-state.ts";
import { isolated } from "./isolated-name.ts";

/** Both names, for a sentence. */
export function fullName({ peer, displayName }: Pick<Conversation, "peer" | "displayName">): string {
  return displayName === null ? peer : `${isolated(displayName)} (${peer})`;
}

/** Both names of a peer. */
export function useFullName(peer: string): string {
  const displayName = useConversation(peer)?.displayName ?? null;
  return fullName({ peer, displayName });
}

interface Props {
  readonly peer: string;
  readonly displayName: string | null;
}

/** The title of a conversation. */
export function Name({ peer, displayName }: Props): JSX.Element {
  const { me, words } = useApp();
  if (peer === me.user) return <bdi>{words.noteToSelf}</bdi>;
  if (displayName === null) return <bdi>{peer}</bdi>;
  return (
    <>
      <bdi>{displayName}</bdi> <bdi class="user-name">{peer}</bdi>
    </>
  );
}
