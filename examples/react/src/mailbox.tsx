// The conversations beside the one that is open, and whether there is a connection.
import { type FormEvent, type ReactElement, useState } from "react";
import { useClient, useConnection, useConversations, useNotices } from "restante/react";
import { Thread } from "./thread.tsx";

interface MailboxProps {
  readonly userName: string;
  readonly signOut: () => void;
}

export function Mailbox({ userName, signOut }: MailboxProps): ReactElement {
  const [peer, setPeer] = useState<string | null>(null);
  const notice = useNotices().at(-1);

  function openNew(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    setPeer(String(new FormData(event.currentTarget).get("peer")));
    event.currentTarget.reset();
  }

  return (
    <main>
      <aside>
        <header>
          <b>{userName}</b> <ConnectionLine />
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </header>
        {notice !== undefined && <p role="status">{notice.message}</p>}
        <form onSubmit={openNew}>
          <label>
            Write to <input name="peer" required pattern="[a-z0-9]+" />
          </label>
        </form>
        <ConversationList open={peer} choose={setPeer} />
      </aside>
      {peer !== null && <Thread key={peer} peer={peer} />}
    </main>
  );
}

function ConnectionLine(): ReactElement {
  const client = useClient();
  const state = useConnection();
  const message = "message" in state ? state.message : undefined;
  return (
    <span role="status" aria-label="Connection">
      {state.is} {message}
      {(state.is === "waiting" || state.is === "stopped") && (
        <button type="button" onClick={() => client?.retry()}>
          Try again
        </button>
      )}
    </span>
  );
}

interface ListProps {
  readonly open: string | null;
  readonly choose: (peer: string) => void;
}

function ConversationList({ open, choose }: ListProps): ReactElement {
  const conversations = useConversations();
  return (
    <nav aria-label="Conversations">
      {conversations.map(({ peer, last, unread }) => (
        <button key={peer} type="button" aria-current={peer === open} onClick={() => choose(peer)}>
          <b>{peer}</b> {unread > 0 && <span className="unread">{unread} new</span>} <small>{String(last.body)}</small>
        </button>
      ))}
    </nav>
  );
}
