// The tabs of one store: a Web Lock decides which one leads, a channel carries messages to all others. A leader that does
// not answer, because its page hangs or the browser has stopped it, loses the lock to another tab. It knows no record.
import type { Shared } from "./store.ts";

/** A tab that waits asks for a sign of life this often, and takes the lock after this many without one: 21 s. */
const ASK_MS = 7_000;
const MAX_UNANSWERED = 2;

export class Tabs implements Shared {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  /** Signs of life. A channel of its own: a tab of an earlier version takes any other message for a request. */
  readonly #signs: BroadcastChannel;
  readonly #closed = new AbortController();
  #isLeading = false;
  /** The term of this tab as the leader; null while another one leads, or before its term began in the store. */
  term: number | null = null;
  #listener: (message: unknown) => void = () => undefined;
  #releaseLock: () => void = () => undefined;
  #lost: () => void = () => undefined;
  #unanswered = 0;
  #asking: ReturnType<typeof setInterval> | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#signs = new BroadcastChannel(`${name} signs`);
    this.#signs.addEventListener("message", ({ data }) => {
      if (data === "here") this.#unanswered = 0;
      else if (this.#isLeading) this.#sign("here");
    });
  }

  get isLeading(): boolean {
    return this.#isLeading;
  }

  lead(lost: () => void): Promise<void> {
    this.#lost = lost;
    return new Promise((lead, fail) => {
      const queued = new AbortController();
      const begin = () => {
        clearInterval(this.#asking);
        queued.abort();
        this.#isLeading = true;
        this.#sign("here");
        lead();
        return new Promise<void>((release) => (this.#releaseLock = release));
      };
      const request = async (options: LockOptions) => {
        let isHeld = false;
        try {
          await navigator.locks.request(this.#name, options, () => {
            if (this.#isLeading || this.#closed.signal.aborted) return undefined;
            isHeld = true;
            return begin();
          });
        } catch (error) {
          // Another tab has taken the lock.
          if (isHeld) this.stepDown();
          // It was closed before it led. Where it leads by another request, this changes nothing.
          else fail(error);
        }
      };
      // The listener ends with the wait: a tab may wait often.
      this.#closed.signal.addEventListener("abort", () => queued.abort(), { signal: queued.signal });
      this.#unanswered = 0;
      // It counts questions and no time: after a sleep of the device the leader gets the time to answer.
      this.#asking = setInterval(() => {
        if (this.#unanswered++ < MAX_UNANSWERED) return this.#sign("ask");
        this.#unanswered = 0;
        void request({ steal: true });
      }, ASK_MS);
      void request({ signal: queued.signal });
    });
  }

  /** Another tab leads: this one does nothing more as a leader. */
  stepDown(): void {
    if (!this.#isLeading) return;
    this.#isLeading = false;
    this.term = null;
    this.#releaseLock();
    if (!this.#closed.signal.aborted) this.#lost();
  }

  say(message: unknown): void {
    if (this.#closed.signal.aborted) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel reaches its own origin alone.
    this.#channel.postMessage(message);
  }

  listen(listener: (message: unknown) => void): void {
    this.#listener = listener;
    this.#channel.addEventListener("message", ({ data }) => listener(data));
  }

  /** A message of the store itself, to this tab alone. */
  notify(message: unknown): void {
    this.#listener(message);
  }

  close(): void {
    this.#closed.abort();
    clearInterval(this.#asking);
    this.#isLeading = false;
    this.term = null;
    this.#releaseLock();
    this.#channel.close();
    this.#signs.close();
  }

  #sign(sign: "ask" | "here"): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel reaches its own origin alone.
    if (!this.#closed.signal.aborted) this.#signs.postMessage(sign);
  }
}
