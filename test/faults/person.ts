// One person on one device: the SDK as its users have it, behind a network of its own, with a store that outlives the application.
// Everything that the application sees and is told is noted. It knows no server, and no fault beyond its own network.
import * as present from "../../src/client/connect.ts";
import type { Message, Restante, Store } from "../../src/client/connect.ts";
import type { Gate } from "./gate.ts";
import type { Held, Recorder, State, Who } from "./history.ts";

/** What of the SDK is used here, of this release or another. */
export type Sdk = Pick<typeof import("../../src/client/connect.ts"), "connect" | "memoryStore">;

export interface PersonOptions {
  readonly sdk?: Sdk;
  readonly user: string;
  readonly device: string;
  readonly gate: Gate;
  readonly recorder: Recorder;
}

export class Person {
  readonly user: string;
  readonly device: string;
  readonly who: Who;
  readonly gate: Gate;
  readonly #recorder: Recorder;
  readonly #sdk: Sdk;
  readonly #store: Store;
  /** Words that have no answer yet, and those that have not come to their end. */
  readonly #unanswered = new Set<string>();
  readonly #open = new Set<string>();
  #me: Restante;
  #count = 0;
  #newest = new Map<string, string>();

  constructor({ user, device, gate, recorder, sdk = present }: PersonOptions) {
    this.#sdk = sdk;
    this.#store = keptStore(sdk);
    this.user = user;
    this.device = device;
    this.who = `${user}/${device}`;
    this.gate = gate;
    this.#recorder = recorder;
    this.#me = this.#enter();
  }

  /** The application's SDK. */
  get me(): Restante {
    return this.#me;
  }

  get online(): boolean {
    return this.#me.connection.value.is === "open";
  }

  /** How many messages have not reached a device of their receiver yet, nor failed. */
  get waiting(): number {
    return this.#open.size;
  }

  /** How many messages are neither accepted nor refused. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Sends a message, and follows it; its word. */
  send(to: string, more?: unknown): string {
    const word = `${this.who}/${++this.#count}`;
    this.#recorder.note(this.who, { is: "sent", word, to });
    this.#open.add(word);
    this.#unanswered.add(word);
    const sent = this.#me.send(to, more === undefined ? word : ({ word, more } as never));
    let last = "sending";
    sent.state.subscribe((state) => {
      if (state.is === last || state.is === "sending") return;
      last = state.is;
      this.#unanswered.delete(word);
      if (state.is === "failed" && state.code === "closed") return;
      this.#recorder.note(this.who, {
        is: "told",
        word,
        state: state.is satisfies State,
        ...(state.is === "failed" && { code: state.code }),
      });
      if (state.is !== "queued" && state.is !== "stored") this.#open.delete(word);
    });
    return word;
  }

  /** Reads everything that came from `peer`. */
  read(peer: string): void {
    const word = this.#newest.get(peer);
    if (word === undefined) return;
    this.#recorder.note(this.who, { is: "read", word, peer });
    this.#me.read(peer);
  }

  /** Out of reach; `silently`: the server does not notice. */
  leave(silently = false): void {
    this.#recorder.note(this.who, { is: "away" });
    this.gate.away(silently);
  }

  /** Within reach again, and the device knows. */
  comeBack(): void {
    this.gate.back();
    this.#recorder.note(this.who, { is: "back" });
    this.#me.check();
  }

  /** Closes the application and opens it again. */
  async restart(): Promise<void> {
    await this.#me.close();
    this.#open.clear();
    this.#unanswered.clear();
    this.#recorder.note(this.who, { is: "restarted" });
    this.#me = this.#enter();
  }

  async close(): Promise<void> {
    await this.#me.close();
  }

  /** Everything of a conversation that this device has. */
  async holds(peer: string): Promise<Held[]> {
    const thread = this.#me.messages.with(peer);
    while (await thread.older());
    const held = thread.value.map(heldOf);
    thread.close();
    return held;
  }

  #enter(): Restante {
    const me = this.#sdk.connect({ url: this.gate.url, userName: this.user, store: this.#store });
    const note = this.#recorder.note.bind(this.#recorder, this.who);
    let gaps = 0;
    me.messages.subscribe(({ from, body, seq }) => {
      const word = wordOf(body);
      this.#newest.set(from, word);
      note({ is: "shown", word, from, seq: seq ?? 0 });
    });
    me.gaps.subscribe((count) => {
      if (count > gaps) note({ is: "gap" });
      gaps = count;
    });
    me.connection.subscribe((state) => {
      const { code, message } = { code: undefined, message: undefined, ...state };
      note({
        is: "line",
        state: state.is,
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
      });
    });
    return me;
  }
}

/** A store that is there when the application is opened again. */
function keptStore(sdk: Sdk): Store {
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

/** A body is its word, or has it beside something that makes it large. */
export function wordOf(body: unknown): string {
  return typeof body === "object" && body !== null && "word" in body ? String(body.word) : String(body);
}
