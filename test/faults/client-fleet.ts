// Many clients, and what all of them do: connect, send, settle, and report in the end what they hold. With the contents
// of the server's mailboxes this makes a history. It knows no fault.
import { RepeatedActions } from "./repeated-actions.ts";
import { type Holding, type History, Recorder } from "./history.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { TestClient, type Sdk, wordOf } from "./test-client.ts";
import type { Server } from "./server.ts";

/** Time within which all messages have to arrive after the fault has ended. */
const SETTLE_TIMEOUT_MS = 60_000;
/** Time within which the clients have to send the messages that a fault waits for. The longest takes 12 s. */
const SEND_TIMEOUT_MS = 60_000;
/** Clients that connect, or are queried, at once. */
const CONCURRENCY = 50;

export class ClientFleet extends RepeatedActions {
  readonly recorder = new Recorder();
  readonly clients: TestClient[] = [];
  readonly #server: Server;
  /** Conversations with messages, both ways, as "user peer". */
  readonly #pairs = new Set<string>();
  /** Messages sent so far. */
  #sent = 0;

  constructor(server: Server) {
    super();
    this.#server = server;
  }

  /** Connects a device of each user, and waits until all are connected. */
  async connect(users: readonly string[], device = "a", sdk?: Sdk): Promise<TestClient[]> {
    const added: TestClient[] = [];
    for (const user of users) {
      const proxy = await TcpProxy.open(this.#server.port);
      added.push(new TestClient({ user, device, proxy, recorder: this.recorder, ...(sdk && { sdk }) }));
      if (added.length % CONCURRENCY === 0) await this.allOnline(added);
    }
    this.clients.push(...added);
    await this.allOnline(added);
    return added;
  }

  /** Resolves when each of them is connected. */
  async allOnline(clients: readonly TestClient[] = this.clients): Promise<void> {
    await waitUntil(() => clients.every(({ online }) => online), "not every client is connected");
  }

  send(from: TestClient, to: string, more?: unknown): string {
    this.#pairs.add(`${from.user} ${to}`).add(`${to} ${from.user}`);
    this.#sent++;
    return from.send(to, more);
  }

  /** Resolves when the clients have sent `count` more messages, online or not. */
  async untilSent(count: number): Promise<void> {
    const end = this.#sent + count;
    await waitUntil(() => this.#sent >= end, `the clients sent fewer than ${count} more messages`, SEND_TIMEOUT_MS);
  }

  /**
   * Resolves when all clients are connected and all messages have arrived; false after a timeout: the checker reports
   * what is missing.
   */
  async settle(): Promise<boolean> {
    await this.stopActions();
    try {
      await this.allOnline();
      await waitUntil(() => this.clients.every(({ undelivered }) => undelivered === 0), "not everything was delivered");
      return true;
    } catch {
      return false;
    }
  }

  /** The events, and what every device and mailbox holds now. */
  async history(): Promise<History> {
    const { events, restores } = this.recorder;
    const holdings = await inBatches([...this.#pairs], (pair) => this.#holdings(pair));
    return { events, restores, holdings: holdings.flat() };
  }

  async close(): Promise<void> {
    await this.stopActions();
    await Promise.all(this.clients.map((client) => client.close()));
    for (const { proxy } of this.clients) proxy.close();
  }

  async #holdings(pair: string): Promise<Holding[]> {
    const [user = "", peer = ""] = pair.split(" ");
    const devices = this.clients.filter((client) => client.user === user);
    const holdings: Holding[] = [{ user, device: null, peer, messages: await logOf(this.#server.url, user, peer) }];
    for (const client of devices) {
      holdings.push({ user, device: client.device, peer, messages: await client.heldMessages(peer) });
    }
    return holdings;
  }
}

/** Polls until `so`; rejects with `what` after `within` ms. */
export async function waitUntil(so: () => boolean, what: string, within = SETTLE_TIMEOUT_MS): Promise<void> {
  const end = performance.now() + within;
  while (!so()) {
    if (performance.now() > end) throw new Error(`${what}, after ${within / 1_000} s`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** One conversation as it is in the mailbox of `user`. */
async function logOf(url: string, user: string, peer: string): Promise<Holding["messages"]> {
  const messages: Holding["messages"][number][] = [];
  for (let before = ""; ;) {
    const path = `/api/conversations/${peer}/messages?user=${user}&limit=200${before}`;
    const answer = (await (await fetch(url + path)).json()) as { messages: LogMessage[]; more: boolean };
    messages.unshift(
      ...answer.messages.map(({ seq, from, body, failed }) => {
        return { seq, from, word: wordOf(body), ...(failed !== undefined && { state: "failed" as const }) };
      }),
    );
    if (!answer.more) return messages;
    before = `&before=${answer.messages[0]?.seq}`;
  }
}

interface LogMessage {
  readonly seq: number;
  readonly from: string;
  readonly body: unknown;
  readonly failed?: string;
}

/** Queries all items, `CONCURRENCY` at once. */
async function inBatches<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += CONCURRENCY) {
    answers.push(...(await Promise.all(items.slice(at, at + CONCURRENCY).map(ask))));
  }
  return answers;
}
