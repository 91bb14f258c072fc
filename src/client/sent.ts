// A message of the user's own, from the moment in which it was written. It knows the marks of its conversation.
import { type Live, Source } from "./live.ts";
import { failedBy, type MessageState, SENDING, STEPS, stateOf } from "./message.ts";
import type { Draft, Row, Why } from "./store.ts";

/** What `send` returns. */
export interface SentMessage {
  readonly key: string;
  readonly to: string;
  readonly body: unknown;
  /** Ms since 1970, by this device's clock. */
  readonly at: number;
  /** Followed until it is read or failed, or until 1,000 later ones to the same receiver were taken. */
  readonly state: Live<MessageState>;
  /** Resolves when it is in the store: from then on it is sent even if this process ends, where the store outlives it. */
  readonly kept: Promise<void>;
  /** Resolves when it has come so far, or further. Rejects with an Error that has the refusal's `code` when it failed. */
  reached(is: Step): Promise<MessageState>;
}

type Step = (typeof STEPS)[number];

export class Sent implements SentMessage {
  readonly key: string;
  readonly to: string;
  readonly body: unknown;
  readonly at: number;
  readonly state: Source<MessageState>;
  kept = Promise.resolve();
  /** The draft as it was heard of last, until the mailbox has answered; then the seq that it gave. */
  #draft: Draft;
  #seq: number | null = null;
  #failed: Why | null;
  readonly #user: string;
  readonly #rows: ReadonlyMap<string, Row>;

  constructor(draft: Draft, user: string, rows: ReadonlyMap<string, Row>) {
    this.key = draft.key;
    this.to = draft.peer;
    this.body = draft.body;
    this.at = draft.at;
    this.#draft = draft;
    this.#failed = draft.failed;
    this.#user = user;
    this.#rows = rows;
    this.state = new Source(() => this.#now());
  }

  get draft(): Draft {
    return this.#draft;
  }

  set draft(draft: Draft) {
    this.#draft = draft;
  }

  get seq(): number | null {
    return this.#seq;
  }

  set seq(seq: number) {
    this.#seq = seq;
  }

  async reached(is: Step): Promise<MessageState> {
    for await (const state of this.state) {
      if (state.is === "failed") throw Object.assign(new Error(state.message), { code: state.code });
      if (STEPS.indexOf(state.is) >= STEPS.indexOf(is)) return state;
    }
    throw Object.assign(new Error("The mailbox was closed before."), { code: "closed" });
  }

  /** The first reason stays. */
  fail(why: Why): void {
    if (this.#failed !== null) return;
    this.#failed = why;
    this.state.changed();
    this.state.end();
  }

  /** The conversation has come further. True when nothing more can become of this message. */
  moved(): boolean {
    const { is } = this.#now();
    if (is !== this.state.value.is) this.state.changed();
    return is === "read" || is === "failed";
  }

  #now(): MessageState {
    if (this.#failed !== null) return failedBy(this.#failed);
    if (this.#seq === null) return SENDING;
    return stateOf(this.#seq, this.#rows.get(this.to), this.to === this.#user);
  }
}
