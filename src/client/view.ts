// The state that an application sees. It is made of commits alone, so that it is the same in the connected client and
// in every other client of the store. It knows records; no socket, no frame, no store.
import { IncomingMessages } from "./incoming-messages.ts";
import { Computed } from "./live-value.ts";
import { type Message, ofEntry } from "./message.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { type MarkSource, OwnMessage } from "./own-message.ts";
import { unreadOf } from "./rows.ts";
import { Signals } from "./signals.ts";
import { type Commit, type Draft, type Entry, NONE, type Row } from "./store.ts";
import type { Thread } from "./thread.ts";

/** One conversation of the list. */
export interface Conversation {
  readonly peer: string;
  /** The newest message. */
  readonly last: Message;
  readonly unread: number;
  /** `contact`, `request` (a stranger who was not accepted yet) or `blocked`. */
  readonly standing: string;
}

/** The most own messages to one peer that are tracked at once. */
const MAX_TRACKED = 1_000;

export class View implements MarkSource {
  readonly user: string;
  readonly incoming: IncomingMessages;
  readonly signals = new Signals();
  readonly conversations = new Computed(() => this.#list());
  readonly threads = new Set<Thread>();
  readonly #rows = new Map<string, Row>();
  /** Own messages: drafts by key; by peer, the entries whose state has listeners. */
  readonly #drafts = new OrderedQueue<OwnMessage>();
  readonly #tracked = new Map<string, Set<OwnMessage>>();
  #hasEnded = false;

  constructor(user: string, incoming: IncomingMessages) {
    this.user = user;
    this.incoming = incoming;
  }

  row(peer: string): Row | undefined {
    return this.#rows.get(peer);
  }

  rows(): Row[] {
    return [...this.#rows.values()];
  }

  draft(key: string): Draft | undefined {
    return this.#drafts.get(key)?.draft;
  }

  drafts(): Draft[] {
    return this.#drafts.values().map((sent) => sent.draft);
  }

  /** The store has this commit. */
  apply(commit: Commit): void {
    const { rows = NONE, drafts = NONE, settled = NONE, failures = NONE, entries = NONE, unnumbered = NONE } = commit;
    for (const row of rows) this.#rows.set(row.peer, row);
    for (const draft of drafts) (this.#drafts.get(draft.key) ?? this.#begin(draft)).draft = draft;
    // A draft that became an entry is settled as well. It is taken out once: a second search for its key would go
    // through all drafts.
    const accepted = this.#takeAccepted(entries);
    for (const { key, is } of unnumbered) this.#drafts.get(key)?.accept({ is });
    let next = 0;
    const ended = settled.map((key) => (key === accepted[next]?.key ? void next++ : this.#drafts.take(key)));
    for (const thread of this.threads) thread.apply(commit);
    for (const { key, failed } of drafts) if (failed !== null) this.#drafts.get(key)?.fail(failed);
    for (const sent of ended) sent?.end();
    for (const { seq, code, message } of failures) {
      for (const sents of [accepted, ...this.#tracked.values()]) {
        for (const sent of sents) if (sent.seq === seq) sent.fail({ code, message });
      }
    }
    for (const sent of accepted) if (sent.update()) this.track(sent);
    for (const { peer } of rows) this.#updateTracked(peer);
    if (rows.length > 0 || failures.length > 0) this.conversations.changed();
    for (const entry of entries) {
      if (entry.from === this.user) continue;
      this.signals.stopTyping(entry.from);
      this.incoming.push(ofEntry(entry, this.user, undefined));
    }
  }

  /** A message of this client: shown before the store has it. */
  addDraft(draft: Draft): OwnMessage {
    if (draft.failed !== null) return new OwnMessage(draft, this);
    const sent = this.#begin(draft);
    for (const thread of this.threads) thread.apply({ drafts: [draft] });
    return sent;
  }

  /** Updates a message in the log until it is read, has failed, or is one of too many. */
  track(sent: OwnMessage): void {
    if (this.#hasEnded) return sent.end();
    const sents = this.#tracked.get(sent.to);
    if (sents === undefined) this.#tracked.set(sent.to, new Set([sent]));
    else sents.add(sent);
  }

  end(): void {
    this.#hasEnded = true;
    this.incoming.end();
    this.signals.end();
    this.conversations.end();
    for (const thread of this.threads) thread.end();
    for (const sents of this.#tracked.values()) for (const sent of sents) sent.end();
    for (const sent of this.#drafts.values()) sent.end();
  }

  #begin(draft: Draft): OwnMessage {
    const sent = new OwnMessage(draft, this);
    this.#drafts.set(sent);
    return sent;
  }

  /** Takes out the drafts that have become entries. */
  #takeAccepted(entries: readonly Entry[]): OwnMessage[] {
    const accepted: OwnMessage[] = [];
    for (const { key, from, seq } of entries) {
      const sent = from === this.user ? this.#drafts.take(key) : undefined;
      if (sent === undefined) continue;
      sent.seq = seq;
      accepted.push(sent);
    }
    return accepted;
  }

  /** Updates the tracked messages to `peer`; the oldest of too many end. */
  #updateTracked(peer: string): void {
    const sents = this.#tracked.get(peer);
    if (sents === undefined) return;
    let tooMany = sents.size - MAX_TRACKED;
    for (const sent of sents) {
      const isTracked = sent.update();
      if (tooMany-- > 0) sent.end();
      else if (isTracked) continue;
      sents.delete(sent);
    }
  }

  #list(): readonly Conversation[] {
    const list: Conversation[] = [];
    for (const row of this.#rows.values()) {
      if (row.last === null) continue;
      const { peer, standing = "contact" } = row;
      list.push({ peer, last: ofEntry(row.last, this.user, row), unread: unreadOf(row), standing });
    }
    return list.sort((a, b) => (b.last.seq ?? 0) - (a.last.seq ?? 0));
  }
}
