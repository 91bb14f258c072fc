// Where a message is written. Enter sends, Shift+Enter breaks the line; what is not sent yet is kept for each conversation.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { problemOfBody } from "../client/connect.ts";
import { number } from "./dates.ts";
import { Icon } from "./icons.tsx";
import { useApp } from "./app-state.ts";

/** Bytes of a body as JSON, and when to begin to count aloud. */
const MOST = 65_536;
const NEAR = 60_000;

export function Composer({ peer }: { readonly peer: string }): JSX.Element {
  const { me, words, language } = useApp();
  const key = `restante draft ${me.user} ${peer}`;
  const [text, setText] = useState(() => localStorage.getItem(key) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const left = MOST - bytesOf(text);
  const problem = text.trim() === "" ? null : problemOfBody(text);

  // Kept at once: an effect comes after the next frame, and a page that is left before loses what was typed.
  const write = (next: string) => {
    setText(next);
    if (next === "") localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  };
  useEffect(() => field.current?.focus(), [peer]);
  // As high as what is in it, up to what the style allows.
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const send = () => {
    if (text.trim() === "" || problem !== null) return;
    // Kept here until the store has it: of a page that is left in between the text is in the field again.
    me.send(peer, text)
      .kept.then(() => localStorage.getItem(key) === text && localStorage.removeItem(key))
      .catch(() => undefined);
    setText("");
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
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
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" aria-label={words.send} disabled={text.trim() === "" || problem !== null}>
        <Icon name="send" />
      </button>
      <p id="left" class={left < 0 ? "problem" : "soft"} role="status">
        {left < 0
          ? words.tooLong(number(-left, language))
          : left < MOST - NEAR
            ? words.left(number(left, language))
            : ""}
      </p>
    </form>
  );
}

/** As the limit counts: UTF-8 of the text as JSON. */
function bytesOf(text: string): number {
  return text.length * 6 < NEAR ? text.length : new TextEncoder().encode(JSON.stringify(text)).length;
}
