// The text of a conversation's field, stored in this browser until the message is in the SDK's store. All tabs that show
// the conversation have the same text.
import { useEffect, useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { keyOf, onStoredElsewhere, store, stored } from "./browser-storage.ts";

export interface UnsentText {
  readonly text: string;
  /** Whether it outlives this page. */
  readonly isStored: boolean;
  write(next: string): void;
  send(): void;
}

/** What was written to `peer` and not sent, in another tab too. */
export function useDraft(peer: string): string {
  const key = keyOf("draft", useApp().me.user, peer);
  const [, redraw] = useState(0);
  useEffect(() => onStoredElsewhere(key, () => redraw((times) => times + 1)), [key]);
  return stored(key) ?? "";
}

export function useUnsentText(peer: string): UnsentText {
  const { me } = useApp();
  const key = keyOf("draft", me.user, peer);
  const [text, setText] = useState(() => stored(key) ?? "");
  const [isStored, setIsStored] = useState(true);
  // A text that was sent in another tab does not stay here; one that differs from it does.
  useEffect(
    () => onStoredElsewhere(key, (before) => setText((here) => (here === (before ?? "") ? (stored(key) ?? "") : here))),
    [key],
  );
  return {
    text,
    isStored,
    // Stored at once: an effect comes after the next frame, and a page that is left before loses the text.
    write: (next) => {
      setText(next);
      setIsStored(store(key, next === "" ? null : next));
    },
    // Removed once the SDK's store has it: after a page that is left in between the text is in the field again.
    send: () => {
      me.send(peer, text)
        .kept.then(() => stored(key) === text && store(key, null))
        .catch(() => undefined);
      setText("");
      setIsStored(true);
    },
  };
}
