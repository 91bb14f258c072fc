// The field in which a message is written. Enter sends, Shift+Enter breaks the line; on a phone Enter breaks the line,
// and the button sends.
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { problemOfBody } from "../client/connect.ts";
import { useApp, useConversation } from "./app-state.ts";
import { number } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { hasFiles, isComposing, isTouch } from "./input.ts";
import { openLastOwn } from "./log-keys.ts";
import { type UnsentText, useUnsentText } from "./unsent-text.ts";

/** The most bytes of a body as JSON. */
const MAX_BYTES = 65_536;

export function Composer({ peer }: { readonly peer: string }): JSX.Element {
  const { me, words } = useApp();
  const label = useLabel(peer);
  const field = useRef<HTMLTextAreaElement>(null);
  const unsent = useUnsentText(peer);
  const { text, write, send } = unsent;
  const isTooLong = text.trim() !== "" && problemOfBody(text) !== null;
  const canSend = text.trim() !== "" && !isTooLong;
  const [hasRefused, setHasRefused] = useFiles();
  // On a phone the focus would raise the keyboard.
  useEffect(() => {
    if (!isTouch()) field.current?.focus();
  }, [peer]);
  useHeightOf(field, text);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!canSend) return;
    send();
    field.current?.focus();
  };

  return (
    <form class="composer" onSubmit={submit}>
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        {...label}
        aria-invalid={isTooLong}
        aria-describedby="composer-note"
        enterkeyhint={isTouch() ? "enter" : "send"}
        onInput={({ currentTarget }) => {
          setHasRefused(false);
          write(currentTarget.value);
          me.typing(peer);
        }}
        onKeyDown={(event) => {
          openLastOwn(event);
          if (event.key === "Enter" && !event.shiftKey && !isComposing(event) && !isTouch()) submit(event);
        }}
      />
      <button type="submit" aria-label={words.send} disabled={!canSend}>
        <Icon name="send" />
      </button>
      <Note unsent={unsent} isTooLong={isTooLong} hasRefused={hasRefused} />
    </form>
  );
}

function useLabel(peer: string): { readonly placeholder: string; readonly "aria-label": string } {
  const { me, words } = useApp();
  const displayName = useConversation(peer)?.displayName;
  const label = peer === me.user ? words.writeToSelf : words.write(displayName ?? peer);
  return { placeholder: label, "aria-label": label };
}

interface NoteProps {
  readonly unsent: UnsentText;
  readonly isTooLong: boolean;
  readonly hasRefused: boolean;
}

/** Below the field: why the text can't be sent, or may be lost. */
function Note({ unsent: { text, isStored }, isTooLong, hasRefused }: NoteProps): JSX.Element {
  const { words, language } = useApp();
  const note = isTooLong
    ? words.tooLong(number(surplusOf(text), language))
    : hasRefused
      ? words.onlyText
      : isStored
        ? ""
        : words.draftNotStored;
  return (
    <p id="composer-note" class={isTooLong ? "problem" : "soft"} role="status">
      {note}
    </p>
  );
}

/** Whether files were pasted or dropped lately: they can't be sent, and the browser would open them in place of the page. */
function useFiles(): readonly [boolean, (has: boolean) => void] {
  const [hasRefused, set] = useState(false);
  useEffect(() => {
    const refuse = (event: DragEvent | ClipboardEvent) => {
      const data = event instanceof ClipboardEvent ? event.clipboardData : event.dataTransfer;
      if (!hasFiles(data)) return;
      event.preventDefault();
      if (event.type !== "dragover") set(true);
    };
    const events = ["dragover", "drop", "paste"] as const;
    for (const event of events) addEventListener(event, refuse);
    return () => {
      for (const event of events) removeEventListener(event, refuse);
    };
  }, []);
  return [hasRefused, set];
}

/** Makes the field as high as its text, up to the limit of the style. */
function useHeightOf(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);
}

/** About how many characters are too many, with two digits; the limit counts the UTF-8 of the text as JSON. */
function surplusOf(text: string): number {
  const bytes = new TextEncoder().encode(JSON.stringify(text)).length;
  const surplus = Math.ceil((bytes - MAX_BYTES) * ([...text].length / bytes));
  const unit = 10 ** Math.max(0, String(surplus).length - 2);
  return Math.ceil(surplus / unit) * unit;
}
