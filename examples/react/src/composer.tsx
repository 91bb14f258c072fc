// The text that the user writes: each key says so to the peer, the message leaves as soon as there is a connection.
import { type FormEvent, type ReactElement, useState } from "react";
import { useClient } from "restante/react";

export function Composer({ peer }: { readonly peer: string }): ReactElement {
  const client = useClient();
  const [text, setText] = useState("");

  function send(event: FormEvent): void {
    event.preventDefault();
    if (client === null || text.trim() === "") return;
    client.send(peer, text);
    setText("");
  }

  function write(written: string): void {
    setText(written);
    client?.typing(peer);
  }

  return (
    <form onSubmit={send}>
      <input aria-label={`Message to ${peer}`} value={text} onChange={({ target }) => write(target.value)} />
      <button type="submit" disabled={client === null}>
        Send
      </button>
    </form>
  );
}
