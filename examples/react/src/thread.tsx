// One conversation: who is there, the messages with their states, and a request of a stranger.
import { type ReactElement, useEffect } from "react";
import type { Message } from "restante";
import { useClient, useConversations, usePresence, useThread, useTyping } from "restante/react";
import { Composer } from "./composer.tsx";

interface PeerProps {
  readonly peer: string;
}

export function Thread({ peer }: PeerProps): ReactElement {
  const { messages, more, loading, error, older } = useThread(peer);
  useReading(peer, messages);
  return (
    <section aria-label={peer}>
      <Header peer={peer} />
      {error !== null && <p role="alert">{error.message}</p>}
      {more && (
        <button type="button" disabled={loading} onClick={older}>
          Older messages
        </button>
      )}
      <ol>
        {messages.map((message) => (
          <Line key={message.key} message={message} />
        ))}
      </ol>
      <Request peer={peer} />
      <Composer peer={peer} />
    </section>
  );
}

function Header({ peer }: PeerProps): ReactElement {
  const presence = usePresence(peer);
  const isTyping = useTyping(peer);
  const lastSeen = presence === null ? "" : `last seen ${new Date(presence.at).toLocaleString()}`;
  return (
    <h2>
      {peer} <small role="status">{isTyping ? "typing…" : presence?.online ? "online" : lastSeen}</small>
    </h2>
  );
}

function Line({ message }: { readonly message: Message }): ReactElement {
  const { body, state } = message;
  const client = useClient();
  return (
    <li className={state === null ? "other" : "own"}>
      {String(body)} {state !== null && <small>{state.is === "failed" ? state.message : state.is}</small>}
      {state?.is === "failed" && (
        <button type="button" onClick={() => client?.resend(message)}>
          Send again
        </button>
      )}
    </li>
  );
}

/** A stranger has written: until the user accepts, they learn nothing of the user. */
function Request({ peer }: PeerProps): ReactElement | null {
  const client = useClient();
  const standing = useConversations().find((one) => one.peer === peer)?.standing;
  if (standing !== "request") return null;
  return (
    <p role="note">
      {peer} would like to write to you.
      <button type="button" onClick={() => void client?.people.accept(peer)}>
        Accept
      </button>
      <button type="button" onClick={() => void client?.people.block(peer)}>
        Block
      </button>
    </p>
  );
}

/** What is shown is read, while the page is visible. */
function useReading(peer: string, messages: readonly Message[]): void {
  const client = useClient();
  useEffect(() => {
    const read = () => {
      if (document.visibilityState === "visible" && messages.length > 0) client?.read(peer);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [client, peer, messages]);
}
