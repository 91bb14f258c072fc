// The state of the connection in one line for the list and the conversation: nothing while it is open, a thin bar while
// it opens for the first time. Its text does not change with each attempt. And whether this browser stores anything.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { ConnectionState } from "../client/connect.ts";
import { useApp, useLive } from "./app-state.ts";
import { closeSentence } from "./close-sentence.ts";

type Ended = Extract<ConnectionState, { is: "waiting" | "stopped" }>;

export function Banner(): JSX.Element {
  const { me, words } = useApp();
  const state = useLive(me.connection);
  const storage = useLive(me.storage);
  const ended = useEnd(state);
  return (
    <div class="banner" role="status" data-is={state.is}>
      {state.is === "connecting" && ended === null && <p class="spoken">{words.connecting}</p>}
      {ended !== null && (
        <div class={isOffline(ended) ? "line offline" : "line"}>
          <p>{isOffline(ended) ? words.offline : closeSentence(ended, words)}</p>
          <button type="button" class="quiet" onClick={() => me.retry()}>
            {words.tryAgain}
          </button>
        </div>
      )}
      {storage.is === "memory" && storage.reason !== "chosen" && (
        <p class="line" data-storage={storage.reason}>
          {storage.reason === "full" ? words.storageFull : words.storageOff}
        </p>
      )}
    </div>
  );
}

/** How the last connection ended, until the next one is open; null before the first one, and while one is open. */
function useEnd(state: ConnectionState): Ended | null {
  const last = useRef<Ended | null>(null);
  if (state.is === "open") last.current = null;
  else if (state.is !== "connecting") last.current = state;
  return last.current;
}

/** Nothing says more than that there is no connection. */
function isOffline({ is, reason }: Ended): boolean {
  return is === "waiting" && reason === undefined;
}
