// A page with the hooks, for tests. `page` is what the tests call in it.
import { StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { connect, memoryStore, type Options, type Restante, type Store } from "../../src/client/connect.ts";
import { Computed } from "../../src/client/live-value.ts";
import { RestanteProvider } from "../../src/react/react.ts";
import { Application, Provided, renders, shownPeers, Who } from "./components.tsx";
import { playTransition } from "./transition.tsx";

const element = document.getElementById("root") as HTMLElement;
let root: Root | null = null;
/** How often the store was opened, and closed. */
const store = { opened: 0, closed: 0 };

/** A store that the application gives: it is of one client. */
function countedStore(): Store {
  const memory = memoryStore();
  return {
    lasting: false,
    open: (...given) => {
      store.opened++;
      return memory.open(...given);
    },
    write: (commit) => memory.write(commit),
    piece: (...given) => memory.piece(...given),
    close: async () => void store.closed++,
  };
}

export interface Props {
  readonly options: Pick<Options, "url" | "userName"> | null;
  readonly peer: string;
  readonly isStrict?: boolean;
  /** What the token function gives; null where it fails. */
  readonly token?: string | null;
}

const kept = countedStore();

function render({ options, peer, isStrict = false, token = "a.b" }: Props): void {
  root ??= createRoot(element);
  const give = () => (token === null ? Promise.reject(new Error("no session")) : token);
  const given = options && { ...options, token: give, ...(isStrict && { store: kept }) };
  const application = <Application options={given} peer={peer} />;
  root.render(isStrict ? <StrictMode>{application}</StrictMode> : application);
}

function unmount(): void {
  root?.unmount();
  root = null;
}

/** Hydrates with a client that knows its conversations already. Resolves with it when it does. */
async function hydrate(options: Options, peer: string): Promise<Restante> {
  const client = connect(options);
  await new Promise<void>((done) => {
    client.conversations.subscribe((list) => list.length > 0 && done());
  });
  hydrateRoot(element, <Provided client={client} user={options.userName} peer={peer} />);
  return client;
}

/** Shows the presence of a client that is sent it again and again, as after a new connection; returns the renders of those times. */
function repeatPresence(peer: string): number {
  const live = new Computed(() => new Map([[peer, { online: true, at: 1 }]]));
  const presence = Object.assign(live, { watch: () => () => undefined });
  const shown = createRoot(element);
  flushSync(() =>
    shown.render(
      <RestanteProvider client={{ presence } as unknown as Restante}>
        <Who peer={peer} />
      </RestanteProvider>,
    ),
  );
  const before = renders["presence"] ?? 0;
  for (let i = 0; i < 3; i++) flushSync(() => live.changed());
  return (renders["presence"] ?? 0) - before;
}

const page = { repeatPresence, render, unmount, hydrate, renders, shownPeers, store, playTransition };
export type Page = typeof page;

Object.assign(globalThis, { page });
