// One device of one user: the SDK behind its own network, with a store that survives restarts of the application. It
// records everything that the application shows and receives. It knows no server, and no fault beyond its own network.
import * as currentSdk from "../../src/client/connect.ts";
import type { Message, Restante, Store } from "../../src/client/connect.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import type { Held, Recorder, State, DeviceId } from "./history.ts";

/** The functions of the SDK that are used here, of this release or another. */
export type Sdk = Pick<typeof import("../../src/client/connect.ts"), "connect" | "memoryStore">;

export interface TestClientOptions {
  readonly sdk?: Sdk;
  readonly user: string;
  readonly device: string;
  readonly proxy: TcpProxy;
  readonly recorder: Recorder;
}

export class TestClient {
  readonly user: string;
  readonly device: string;
  readonly id: DeviceId;
  readonly proxy: TcpProxy;
  readonly #recorder: Recorder;
  readonly #sdk: Sdk;
  readonly #store: Store;
  /** Words without an answer, and words that are neither delivered nor failed. */
  readonly #unanswered = new Set<string>();
  readonly #undelivered = new Set<string>();
  #instance: Restante;
  /** `close()` waits for the server: an application that is being closed sends nothing. */
  #isClosing = false;
  #count = 0;
  #newest = new Map<string, string>();

  constructor({ user, device, proxy, recorder, sdk = currentSdk }: TestClientOptions) {
    this.#sdk = sdk;
    this.#store = survivingStore(sdk);
    this.user = user;
    this.device = device;
    this.id = `${user}/${device}`;
    this.proxy = proxy;
    this.#recorder = recorder;
    this.#instance = this.#start();
  }

  /** The application's instance of the SDK. */
  get sdk(): Restante {
    return this.#instance;
  }

  get online(): boolean {
    return this.#instance.connection.value.is === "open";
  }

  /** How many messages have not reached a device of their receiver yet, nor failed. */
  get undelivered(): number {
    return this.#undelivered.size;
  }

  /** How many messages are neither accepted nor refused. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Sends a message and records its states; returns its word. While the application is closed it sends nothing. */
  send(to: string, more?: unknown): string {
    if (this.#isClosing) return "";
    const word = `${this.id}/${++this.#count}`;
    this.#recorder.record(this.id, { is: "sent", word, to });
    this.#undelivered.add(word);
    this.#unanswered.add(word);
    const sent = this.#instance.send(to, more === undefined ? word : ({ word, more } as never));
    let last = "sending";
    sent.state.subscribe((state) => {
      if (state.is === last || state.is === "sending") return;
      last = state.is;
      this.#unanswered.delete(word);
      if (state.is === "failed" && state.code === "closed") return;
      this.#recorder.record(this.id, {
        is: "notified",
        word,
        state: state.is satisfies State,
        ...(state.is === "failed" && { code: state.code }),
      });
      if (state.is !== "queued" && state.is !== "stored") this.#undelivered.delete(word);
    });
    return word;
  }

  /** Marks the conversation with `peer` as read. */
  read(peer: string): void {
    const word = this.#newest.get(peer);
    if (word === undefined) return;
    this.#recorder.record(this.id, { is: "read", word, peer });
    this.#instance.read(peer);
  }

  /** Cuts the network; `silently`: the server does not notice. */
  goOffline(silently = false): void {
    this.#recorder.record(this.id, { is: "offline" });
    this.proxy.goOffline(silently);
  }

  /** Restores the network, and the application is notified of it. */
  goOnline(): void {
    this.proxy.goOnline();
    this.#recorder.record(this.id, { is: "online" });
    this.#instance.check();
  }

  /** Closes the application and opens it again. */
  async restart(): Promise<void> {
    this.#isClosing = true;
    await this.#instance.close();
    this.#undelivered.clear();
    this.#unanswered.clear();
    this.#recorder.record(this.id, { is: "restarted" });
    this.#instance = this.#start();
    this.#isClosing = false;
  }

  async close(): Promise<void> {
    await this.#instance.close();
  }

  /** All messages of a conversation that this device holds. */
  async heldMessages(peer: string): Promise<Held[]> {
    const thread = this.#instance.messages.with(peer);
    while (await thread.older());
    const held = thread.value.map(heldOf);
    thread.close();
    return held;
  }

  #start(): Restante {
    const sdk = this.#sdk.connect({ url: this.proxy.url, userName: this.user, store: this.#store });
    const record = this.#recorder.record.bind(this.#recorder, this.id);
    let gaps = 0;
    sdk.messages.subscribe(({ from, body, seq }) => {
      const word = wordOf(body);
      this.#newest.set(from, word);
      record({ is: "shown", word, from, seq: seq ?? 0 });
    });
    sdk.gaps.subscribe((count) => {
      if (count > gaps) record({ is: "gap" });
      gaps = count;
    });
    sdk.connection.subscribe((state) => {
      const { code, message } = { code: undefined, message: undefined, ...state };
      record({
        is: "connection",
        state: state.is,
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
      });
    });
    return sdk;
  }
}

/** A store that keeps its content when the application is closed. */
function survivingStore(sdk: Sdk): Store {
  const inner = sdk.memoryStore();
  return {
    lasting: true,
    open: (name, first) => inner.open(name, first),
    write: (commit) => inner.write(commit),
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
}

function heldOf({ seq, from, body, state }: Message): Held {
  const is = state?.is === "failed" || state?.is === "sending" ? { state: state.is } : {};
  return { seq, from, word: wordOf(body), ...is };
}

/** The word of a body: the body itself, or the field `word` of a large one. */
export function wordOf(body: unknown): string {
  return typeof body === "object" && body !== null && "word" in body ? String(body.word) : String(body);
}
