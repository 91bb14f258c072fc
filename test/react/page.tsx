// A page with the hooks, for tests. `page` is what the tests call in it.
import { StrictMode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { connect, memoryStore, type Options, type Restante } from "../../src/client/connect.ts";
import { Application, Provided, renders, shownPeers } from "./components.tsx";
import { playTransition } from "./transition.tsx";

const element = document.getElementById("root") as HTMLElement;
let root: Root | null = null;
/** How often the store was opened, and closed. */
const store = { opened: 0, closed: 0 };

/** A store that the application gives: it is of one client, and can't be opened again once it is closed. */
function countedStore() {
  const memory = memoryStore();
  return Object.assign(Object.create(memory) as typeof memory, {
    lasting: false,
    open: (...given: Parameters<typeof memory.open>) => {
      store.opened++;
      return memory.open(...given);
    },
    close: () => {
      store.closed++;
      return Promise.resolve();
    },
    write: memory.write.bind(memory),
    piece: memory.piece.bind(memory),
  });
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

const page = { render, unmount, hydrate, renders, shownPeers, store, playTransition };
export type Page = typeof page;

Object.assign(globalThis, { page });
