// Components over the hooks, as an application has them, for tests: they count their renders and show what they read.
import { type ReactElement, useLayoutEffect } from "react";
import type { Options, Restante } from "../../src/client/connect.ts";
import {
  RestanteProvider,
  useClient,
  useConnection,
  useConversations,
  useNotices,
  usePresence,
  useRestante,
  useThread,
  useTyping,
} from "../../src/react/react.ts";

/** Renders of each component, by its name. */
export const renders: Record<string, number> = {};
/** What was on the page after each render of the list: the user of the props, and the peers of the conversations. */
export const shownPeers: [user: string, peers: string[]][] = [];

function countRender(name: string): void {
  renders[name] = (renders[name] ?? 0) + 1;
}

interface PeerProps {
  readonly peer: string;
}

/** The whole mailbox of a user, with the conversation with `peer` open in two components. */
export function Application({ options, peer }: PeerProps & { readonly options: Options | null }): ReactElement {
  countRender("application");
  return <Provided client={useRestante(options)} user={options?.userName ?? ""} peer={peer} />;
}

interface ProvidedProps extends PeerProps {
  readonly client: Restante | null;
  readonly user: string;
}

export function Provided({ client, user, peer }: ProvidedProps): ReactElement {
  return (
    <RestanteProvider client={client}>
      <Connection />
      <List user={user} />
      <Thread name="first" peer={peer} />
      <Thread name="second" peer={peer} />
      <Who peer={peer} />
      <Typing peer={peer} />
      <Send peer={peer} />
    </RestanteProvider>
  );
}

function Connection(): ReactElement {
  countRender("connection");
  const { is } = useConnection();
  return (
    <p id="connection">
      {is} {useNotices().length}
    </p>
  );
}

function List({ user }: { readonly user: string }): ReactElement {
  countRender("list");
  const peers = useConversations().map(({ peer }) => peer);
  useLayoutEffect(() => void shownPeers.push([user, peers]));
  return <p id="list">{peers.join(" ")}</p>;
}

function Thread({ name, peer }: PeerProps & { readonly name: string }): ReactElement {
  countRender(name);
  const { messages, more, loading, older } = useThread<string>(peer);
  return (
    <section id={name}>
      <p>{messages.map(({ body, state }) => (state === null ? body : `${body}:${state.is}`)).join(" ")}</p>
      {more && !loading && (
        <button type="button" onClick={older}>
          Older
        </button>
      )}
    </section>
  );
}

export function Who({ peer }: PeerProps): ReactElement {
  countRender("presence");
  return <p id="presence">{String(usePresence(peer)?.online)}</p>;
}

function Typing({ peer }: PeerProps): ReactElement {
  countRender("typing");
  return <p id="typing">{String(useTyping(peer))}</p>;
}

function Send({ peer }: PeerProps): ReactElement {
  countRender("send");
  const client = useClient();
  return (
    <button id="send" type="button" onClick={() => client?.send(peer, "sent")}>
      Send
    </button>
  );
}
