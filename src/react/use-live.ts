// State of a client as hooks: a component is rendered again only when the value that it shows is another one.
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { ConnectionState, Conversation, Live, Notice, Presence } from "../client/connect.ts";
import { useClient } from "./provider.ts";

const CONNECTING: ConnectionState = { is: "connecting" };
const NONE: readonly never[] = [];

const nothing = () => undefined;

/**
 * The present value of any `Live`, such as `client.gaps` or the `state` of a message. `initial` is the value on the
 * server, while hydrating, and where `live` is null: a constant, the same object in each render.
 */
export function useLive<T>(live: Live<T> | null | undefined, initial: T): T {
  return useSelected(live, (value) => value, initial);
}

/** The conversations of the user, the latest first. */
export function useConversations<Body = unknown>(): readonly Conversation<Body>[] {
  return useLive<readonly Conversation<Body>[]>(useClient<Body>()?.conversations, NONE);
}

/** Whether the client is connected; `connecting` while there is no client. */
export function useConnection(): ConnectionState {
  return useLive(useClient()?.connection, CONNECTING);
}

/** The latest 20 notices of the server about the account. */
export function useNotices(): readonly Notice[] {
  return useLive(useClient()?.notices, NONE);
}

/** Whether `peer` is typing to this user. `peer`: as in `Conversation`. */
export function useTyping(peer: string): boolean {
  return useSelected(useClient()?.typists, (typists) => typists.has(peer), false);
}

/**
 * Whether `peer` is online, or when they were last seen; null where it is not known. `peer`: as in `Conversation`. It
 * watches them as long as the component is mounted: at most 64 users in all components and tabs together.
 */
export function usePresence(peer: string): Presence | null {
  const presence = useClient()?.presence;
  const watch = useCallback(() => presence?.watch([peer]), [presence, peer]);
  const select = useMemo(() => presenceOf(peer), [peer]);
  return useSelected(presence, select, null, watch);
}

/** Reads the presence of one user. The server may send it again as it was: then it is the same object. */
function presenceOf(peer: string): (all: ReadonlyMap<string, Presence>) => Presence | null {
  let last: Presence | null = null;
  return (all) => {
    const now = all.get(peer) ?? null;
    if (now?.online !== last?.online || now?.at !== last?.at) last = now;
    return last;
  };
}

/** A part of a value. `begin` is called when the component begins to follow it; its result ends that. */
function useSelected<T, S>(
  live: Live<T> | null | undefined,
  select: (value: T) => S,
  initial: S,
  begin: () => (() => void) | undefined = nothing,
): S {
  const subscribe = useCallback(
    (changed: () => void) => {
      const end = begin();
      const stop = live?.subscribe(changed);
      return () => {
        stop?.();
        end?.();
      };
    },
    [live, begin],
  );
  return useSyncExternalStore(
    subscribe,
    () => (live ? select(live.value) : initial),
    () => initial,
  );
}
