// One conversation as a hook. All components that show the same one share it: it is read once, and what one of them adds
// all of them show.
import { useCallback, useSyncExternalStore } from "react";
import type { Conversing, Message, Restante, ThreadOptions } from "../client/connect.ts";
import { useClient } from "./provider.ts";

/** One conversation; another object after each change. */
export interface ThreadState<Body = unknown> {
  /** In both directions, oldest first. */
  readonly messages: readonly Message<Body>[];
  /** Whether there may be older ones. */
  readonly more: boolean;
  /** Whether messages are being read. */
  readonly loading: boolean;
  /** Why the last reading failed, or null. It is read again when a connection opens, and by `older`. */
  readonly error: Error | null;
  /** Adds older ones. `loading` and `error` show what becomes of it. */
  older(): void;
}

/** An open conversation, and the components that show it. */
interface SharedThread {
  readonly conversing: Conversing;
  state: ThreadState;
  users: number;
}

/** Before anything was read. */
const INITIAL: ThreadState = { messages: [], more: true, loading: true, error: null, older: () => undefined };

const threadsOf = new WeakMap<Restante, Map<string, SharedThread>>();

/**
 * The conversation with `peer`, which stays open while any component shows it. It begins with the latest `pageSize`
 * messages: 1 to 200, 50 by default.
 */
export function useThread<Body = unknown>(peer: string, { pageSize }: ThreadOptions = {}): ThreadState<Body> {
  const client = useClient();
  const key = `${pageSize} ${peer}`;
  const subscribe = useCallback(
    (changed: () => void) => {
      if (client === null) return () => undefined;
      const threads = threadsOf.get(client) ?? new Map<string, SharedThread>();
      threadsOf.set(client, threads);
      const thread = threads.get(key) ?? open(client, peer, pageSize);
      threads.set(key, thread);
      thread.users++;
      const stop = thread.conversing.subscribe(changed);
      return () => {
        stop();
        thread.users--;
        closeUnused(threads, key, thread);
      };
    },
    [client, key],
  );
  const state = useSyncExternalStore(
    subscribe,
    () => stateOf(client === null ? undefined : threadsOf.get(client)?.get(key)),
    () => INITIAL,
  );
  return state as ThreadState<Body>;
}

function open(client: Restante, peer: string, pageSize: number | undefined): SharedThread {
  return { conversing: client.messages.with(peer, { pageSize }), state: INITIAL, users: 0 };
}

/** Another component, or the same one in StrictMode, may begin to show it in the same task. */
function closeUnused(threads: Map<string, SharedThread>, key: string, thread: SharedThread): void {
  queueMicrotask(() => {
    if (thread.users > 0 || threads.get(key) !== thread) return;
    threads.delete(key);
    thread.conversing.close();
  });
}

/** The same object until the conversation changes: each change of it has another array. */
function stateOf(thread: SharedThread | undefined): ThreadState {
  if (thread === undefined) return INITIAL;
  const { conversing, state } = thread;
  const { value: messages, more, loading, error } = conversing;
  if (messages === state.messages || (state === INITIAL && messages.length === 0 && more && loading)) return state;
  const older = () => void conversing.older().catch(() => undefined);
  thread.state = { messages, more, loading, error, older };
  return thread.state;
}
