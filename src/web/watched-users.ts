// Whose presence the page watches. While the user shares no presence, the server sends none of others either: then
// nobody is watched, so that nobody stays online on the page for good; all of them are watched anew once it is shared.
import { useEffect, useState } from "preact/hooks";
import { useApp } from "./app-state.ts";

/** The user who has switched presence off in a tab of this browser, since this page was loaded. */
let hidden: string | null = null;
const listeners = new Set<() => void>();
/** To the other tabs, which have one socket with this one. */
let channel: BroadcastChannel | null = null;

export function useWatchedUsers(names: readonly string[]): void {
  const { me } = useApp();
  const isShared = useIsShared(me.user);
  const key = names.toSorted().join(" ");
  useEffect(() => (isShared ? me.presence.watch(names) : undefined), [me, key, isShared]);
}

/** The user has switched presence on or off. */
export function sharePresence(user: string, isShared: boolean): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origins
  open().postMessage({ user, isShared });
  apply(user, isShared);
}

function useIsShared(user: string): boolean {
  const [, redraw] = useState(0);
  useEffect(() => {
    open();
    const changed = () => redraw((count) => count + 1);
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, []);
  return hidden !== user;
}

function open(): BroadcastChannel {
  if (channel !== null) return channel;
  channel = new BroadcastChannel("restante presence");
  channel.addEventListener("message", ({ data }: MessageEvent<{ readonly user: string; readonly isShared: boolean }>) =>
    apply(data.user, data.isShared),
  );
  return channel;
}

function apply(user: string, isShared: boolean): void {
  hidden = isShared ? null : user;
  for (const changed of listeners) changed();
}
