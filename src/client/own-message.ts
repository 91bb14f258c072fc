// An own message, from the moment in which it was written. It knows the marks of its conversation.
import { RestanteError } from "./errors.ts";
import { type Live, Source } from "./live-value.ts";
import { failedBy, type MessageState, sendingUntil, STEPS, stateOf } from "./message.ts";
import type { Draft, Row, Why, Written } from "./store.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

/** What `send` returns. */
export interface SentMessage<Body = unknown> {
  readonly key: string;
  readonly to: string;
  readonly body: Body;
  /** Ms since 1970, by this device's clock. */
  readonly at: number;
  /**
   * It ends when the message is read or has failed, when the mailbox does not know its number any more, and when 1,000
   * later ones to the same receiver are followed.
   */
  readonly state: Live<MessageState>;
  /**
   * Resolves when it is in the store: from then on it is sent even if this process ends, where the store outlives it.
   */
  readonly kept: Promise<void>;
  /**
   * Resolves when it has reached this state (`sending`, `queued`, `stored`, `delivered`, `read`) or a later one. Rejects
   * with a `RestanteError` that has the refusal's `code` when it failed, `closed` where the mailbox was closed before,
   * `not_followed` where `state` has ended before, `timeout` after `timeoutMs`, or with the reason of `signal`; by
   * default it waits without an end. A first message is not delivered before its receiver has accepted the author.
   */
  reached(is: Step, wait?: WaitOptions): Promise<MessageState>;
}

type Step = (typeof STEPS)[number];

/** What a message needs of its client. */
export interface MarkSource {
  readonly user: string;
  readonly hasEnded: boolean;
  row(peer: string): Row | undefined;
  /** Updates this message, which is in the log, when the marks change. */
  track(sent: OwnMessage): void;
}

const STORED = Promise.resolve();

const closed = () => new RestanteError("closed", "The mailbox was closed before.");
const notFollowed = () => new RestanteError("not_followed", "The state of this message is not followed any more.");

/** It is its own `state`, so that each message is one object. */
export class OwnMessage extends Source<MessageState> implements SentMessage {
  key: string;
  readonly to: string;
  body: unknown;
  at: number;
  readonly state = this;
  kept = STORED;
  /** Its draft, as of the last commit. */
  draft: Draft;
  /** Its number, once the mailbox has answered. */
  seq: number | null = null;
  /** Its state without a number. */
  #unnumbered: MessageState;
  #lastState: MessageState;
  #failed: MessageState | null;
  readonly #client: MarkSource;

  constructor(draft: Draft, client: MarkSource) {
    super();
    this.key = draft.key;
    this.to = draft.peer;
    this.body = draft.body;
    this.at = draft.at;
    this.draft = draft;
    this.#unnumbered = this.#lastState = sendingUntil(draft.until);
    this.#failed = draft.failed && failedBy(draft.failed);
    this.#client = client;
  }

  get value(): MessageState {
    if (this.#failed !== null) return this.#failed;
    if (this.seq === null) return this.#unnumbered;
    return stateOf(this.seq, this.#client.row(this.to), this.to === this.#client.user);
  }

  reached(is: Step, wait: WaitOptions = {}): Promise<MessageState> {
    return waitFor(
      (signal) =>
        new Promise<MessageState>((resolve, reject) => {
          const look = () => {
            const { value } = this;
            if (value.is === "failed") reject(new RestanteError(value.code, value.message));
            else if (STEPS.indexOf(value.is) >= STEPS.indexOf(is)) resolve(value);
            else if (this.hasEnded) reject(this.#client.hasEnded ? closed() : notFollowed());
          };
          signal.addEventListener("abort", () => this.removeListener(look));
          this.addListener(look);
          look();
        }),
      wait,
    );
  }

  /** It was written before, with the same idempotency key. */
  adopt({ key, at, body = this.body, seq, is, failed }: Written): void {
    Object.assign(this, { key, at, body, seq });
    if (is !== undefined) this.accept({ is });
    if (failed) this.fail(failed);
    else if (this.update() && seq !== null) this.#client.track(this);
  }

  setDraft(draft: Draft): void {
    const { until } = this.draft;
    this.draft = draft;
    // Its receiver is held, or is no longer.
    if (draft.until !== until) this.accept(sendingUntil(draft.until));
  }

  /** The mailbox has it, and does not know its number any more. */
  accept(state: MessageState): void {
    this.#unnumbered = state;
    this.changed();
  }

  /** The first reason stays. */
  fail(why: Why): void {
    if (this.#failed !== null) return;
    this.#failed = failedBy(why);
    this.changed();
    this.end();
  }

  /**
   * Notifies of a new state. Returns whether it has to be tracked further: a queued message may still fail, all others
   * only matter to listeners.
   */
  update(): boolean {
    const now = this.value;
    const { is } = now;
    if (now !== this.#lastState) {
      this.#lastState = now;
      this.changed();
    }
    if (is === "read" || is === "failed") this.end();
    return is === "queued" || this.hasListeners;
  }

  protected override listenerAdded(): void {
    this.#lastState = this.value;
    if (this.update() && this.seq !== null) this.#client.track(this);
  }
}
