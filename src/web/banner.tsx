// The state of the connection: nothing while it is open, and a thin line while it opens for the first time. And whether
// this browser stores anything.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { ConnectionState } from "../client/connect.ts";
import { useApp, useLive } from "./app-state.ts";
import { closeSentence } from "./close-sentence.ts";
import type { Translations } from "./translations.ts";

type Ended = Extract<ConnectionState, { is: "waiting" | "stopped" }>;

export function Banner(): JSX.Element {
  const { me, words } = useApp();
  const state = useLive(me.connection);
  const storage = useLive(me.storage);
  const last = useRef(state.is);
  // A banner stays until the connection is open, so that nothing jumps with every attempt.
  if (state.is !== "connecting") last.current = state.is;
  const isCalm = state.is === "connecting" && last.current !== "waiting" && last.current !== "stopped";
  return (
    <div class="banner" role="status" data-is={state.is}>
      {state.is !== "open" && <p class={isCalm ? "spoken" : ""}>{sentenceOf(state, words)}</p>}
      {storage.is === "memory" && storage.reason !== "chosen" && (
        <p data-storage={storage.reason}>{storage.reason === "full" ? words.storageFull : words.storageOff}</p>
      )}
      {state.is !== "open" && !isCalm && (
        <button type="button" class="quiet" onClick={() => me.retry()}>
          {words.connect}
        </button>
      )}
    </div>
  );
}

/** Nothing where no word says more than that there is no connection. */
function ended({ is, reason }: Ended, words: Translations): string {
  return is === "waiting" && reason === undefined ? "" : closeSentence({ reason }, words);
}

function sentenceOf(state: ConnectionState, words: Translations): string {
  switch (state.is) {
    case "open":
      return "";
    case "connecting":
      return words.connecting;
    case "waiting":
      return [ended(state, words), words.waiting].join(" ").trim();
    case "stopped":
      return ended(state, words);
    default:
      return state satisfies never;
  }
}
