// The field in which a message is written. Enter sends, Shift+Enter breaks the line; the text of each conversation is
// stored until it is sent.
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { problemOfBody } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { number } from "./dates.ts";
import { Icon } from "./icons.tsx";

/** The most bytes of a body as JSON, and from how many on they are counted exactly. */
const MAX_BYTES = 65_536;
const NEAR_BYTES = 60_000;

export function Composer({ peer }: { readonly peer: string }): JSX.Element {
  const { me, words } = useApp();
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, problem, write, send } = useUnsentText(peer);
  const canSend = text.trim() !== "" && problem === null;
  useEffect(() => field.current?.focus(), [peer]);
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
        placeholder={words.write(peer)}
        aria-label={words.write(peer)}
        aria-invalid={problem !== null}
        aria-describedby="left"
        enterkeyhint="send"
        onInput={({ currentTarget }) => {
          write(currentTarget.value);
          me.typing(peer);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
        }}
      />
      <button type="submit" aria-label={words.send} disabled={!canSend}>
        <Icon name="send" />
      </button>
      <BytesLeft text={text} />
    </form>
  );
}

function BytesLeft({ text }: { readonly text: string }): JSX.Element {
  const { words, language } = useApp();
  const left = MAX_BYTES - bytesOf(text);
  return (
    <p id="left" class="problem" role="status">
      {left < 0 ? words.tooLong(number(charactersOf(-left, text), language)) : ""}
    </p>
  );
}

interface UnsentText {
  readonly text: string;
  /** Why it can't be sent, or null. */
  readonly problem: string | null;
  write(next: string): void;
  send(): void;
}

/** The text of the field, stored in this browser until the message is in the SDK's store. */
function useUnsentText(peer: string): UnsentText {
  const { me } = useApp();
  const key = `restante draft ${me.user} ${peer}`;
  const [text, setText] = useState(() => localStorage.getItem(key) ?? "");
  return {
    text,
    problem: text.trim() === "" ? null : problemOfBody(text),
    // Stored at once: an effect comes after the next frame, and a page that is left before loses the text.
    write: (next) => {
      setText(next);
      if (next === "") localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    },
    // Removed once the SDK's store has it: after a page that is left in between the text is in the field again.
    send: () => {
      me.send(peer, text)
        .kept.then(() => localStorage.getItem(key) === text && localStorage.removeItem(key))
        .catch(() => undefined);
      setText("");
    },
  };
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

/** About how many characters these bytes of the text are. */
function charactersOf(bytes: number, text: string): number {
  return Math.max(1, Math.ceil((bytes * text.length) / bytesOf(text)));
}

/** As the limit counts: UTF-8 of the text as JSON. */
function bytesOf(text: string): number {
  return text.length * 6 < NEAR_BYTES ? text.length : new TextEncoder().encode(JSON.stringify(text)).length;
}
