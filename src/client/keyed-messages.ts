// Own messages with an idempotency key: the same key is the same message, of this process or of an earlier one. It knows
// records and their store; no frame.
import type { Message } from "./message.ts";
import type { OwnMessage } from "./own-message.ts";
import type { Draft, Store, Written } from "./store.ts";

/** What makes a message to one receiver unique. */
export interface SendOptions {
  /** An idempotency key: sent again with the same key, it is the same message. */
  readonly key?: string | undefined;
  /** The message that this one answers: each receiver gets one answer to it, or one for each `key`. */
  readonly inReplyTo?: Message | undefined;
}

/** Messages that are found without their store. Answers: a process that sends with keys for years. */
const MAX_ANSWERED = 1_000;
/** The latest messages of a conversation in which a key is looked for, where the store has no index of keys. */
const MAX_SEARCHED = 100;

/** The key of a message to `peer`; undefined without options. */
export function sendKeyOf(peer: string, { key, inReplyTo }: SendOptions): string | undefined {
  if (key === undefined && inReplyTo === undefined) return undefined;
  // In another epoch the mailbox may use a seq again.
  const { from, seq, at } = inReplyTo ?? {};
  return JSON.stringify([peer, key, from, seq, at]);
}

export class KeyedMessages {
  readonly #messages = new Map<string | undefined, OwnMessage>();

  get(sendKey: string | undefined): OwnMessage | undefined {
    return this.#messages.get(sendKey);
  }

  add(sent: OwnMessage): OwnMessage {
    const { sendKey } = sent.draft;
    if (sendKey === undefined) return sent;
    if (this.#messages.size >= MAX_ANSWERED) this.#evict();
    this.#messages.set(sendKey, sent);
    return sent;
  }

  /** The message has left the store without an answer: its key is free again. */
  delete({ sendKey }: Draft): void {
    this.#messages.delete(sendKey);
  }

  /** Messages without an answer. */
  drafts(): Draft[] {
    return [...this.#messages.values()].filter(isSending).map(({ draft }) => draft);
  }

  /** The client is closed: no message changes any more, also none that is not stored yet. */
  end(): void {
    for (const sent of this.#messages.values()) sent.end();
  }

  /** Without the drafts that were sent before; null where none has a key. */
  unsent(drafts: readonly Draft[], store: Store): Promise<Draft[]> | null {
    return drafts.some(({ sendKey }) => sendKey !== undefined) ? this.#unsent(drafts, store) : null;
  }

  async #unsent(drafts: readonly Draft[], store: Store): Promise<Draft[]> {
    const unsent: Draft[] = [];
    for (const draft of drafts) {
      const sent = this.get(draft.sendKey);
      // A draft of an earlier process has taken its place.
      if (sent !== undefined && sent.key !== draft.key) continue;
      const written = sent && (await writtenBefore(store, draft));
      if (written === undefined || written.failed?.isDiscarded === true) unsent.push(draft);
      else sent?.adopt(written);
    }
    return unsent;
  }

  /** The oldest one with an answer. */
  #evict(): void {
    for (const [sendKey, sent] of this.#messages) {
      if (!isSending(sent)) return void this.#messages.delete(sendKey);
    }
  }
}

function isSending(sent: OwnMessage): boolean {
  return sent.value.is === "sending";
}

async function writtenBefore(store: Store, { sendKey, peer }: Draft): Promise<Written | undefined> {
  if (store.written !== undefined) return store.written(sendKey as string);
  const { entries } = await store.piece(peer, Infinity, MAX_SEARCHED);
  return entries.find((entry) => entry.sendKey === sendKey);
}
