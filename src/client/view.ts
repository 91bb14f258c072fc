// The state that an application sees. It is made of commits alone, so that it is the same in the connected client and
// in every other client of the store. It knows records; no socket, no frame, no store.
import { type Conversation, ConversationList } from "./conversation-list.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import type { CheckBody } from "./body-schema.ts";
import { KeyedMessages } from "./keyed-messages.ts";
import { Computed } from "./live-value.ts";
import { ofEntry } from "./message.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { type MarkSource, OwnMessage } from "./own-message.ts";
import { sawKey } from "./random-ids.ts";
import { RecentKeys } from "./recent-keys.ts";
import { RemovedMessages } from "./removed-messages.ts";
import { Signals } from "./signals.ts";
import { type Commit, type Draft, type Entry, NONE, type Row } from "./store.ts";
import type { Thread } from "./thread.ts";

/** The most own messages to one peer that are tracked at once. */
const MAX_TRACKED = 1_000;
/** The latest messages that could not be sent at all, at most. Answers: a program that sends nothing but these. */
const MAX_UNSENDABLE = 100;

export class View implements MarkSource {
  readonly user: string;
  readonly incoming: IncomingMessages;
  /** The check of bodies, where the application has a schema. */
  readonly check: CheckBody | null;
  readonly signals = new Signals();
  readonly conversations: Computed<readonly Conversation[]>;
  /** What the user is called. */
  readonly displayName = new Computed(() => this.#rows.get(this.user)?.displayName || null);
  readonly threads = new Set<Thread>();
  readonly keyed = new KeyedMessages();
  /** Messages that were discarded since this client began: a store in memory may not have them. */
  readonly discarded = new Set<number>();
  readonly #rows = new Map<string, Row>();
  /** A page that is being read may have them. */
  readonly removed = new RemovedMessages(this.#rows);
  #isListStale = false;
  /** Own messages: drafts by key; by peer, the entries whose state has listeners. */
  readonly #drafts = new OrderedQueue<OwnMessage>();
  readonly #tracked = new Map<string, Set<OwnMessage>>();
  /** Keys that were settled before their draft came: another tab may report it late. */
  readonly #settledEarly = new RecentKeys();
  /** Keys of drafts that could not be sent at all. */
  readonly #unsendable: string[] = [];
  /** Whether the client is closed. */
  hasEnded = false;

  constructor(user: string, incoming: IncomingMessages, check: CheckBody | null = null) {
    this.user = user;
    this.incoming = incoming;
    this.check = check;
    const list = new ConversationList(user, check);
    this.conversations = new Computed(() => list.update(this.#rows, this.drafts()));
  }

  row(peer: string): Row | undefined {
    return this.#rows.get(peer);
  }

  rows(): Row[] {
    return [...this.#rows.values()];
  }

  /** The messages of a conversation that the user has not removed. */
  shown(peer: string, entries: readonly Entry[]): readonly Entry[] {
    return entries.filter(({ seq }) => !this.removed.has(peer, seq));
  }

  drafts(): Draft[] {
    return this.#drafts.values().map((sent) => sent.draft);
  }

  /** The store has this commit. */
  apply(commit: Commit): void {
    const { rows = NONE, drafts = NONE, settled = NONE, failures = NONE, entries = NONE, unnumbered = NONE } = commit;
    const name = this.displayName.value;
    for (const row of rows) this.#rows.set(row.peer, row);
    this.displayName.expire();
    if (name !== this.displayName.value) this.displayName.changed();
    for (const removed of commit.removed ?? NONE) this.removed.add(removed);
    for (const draft of drafts) this.#setDraft(draft);
    // A draft that became an entry is settled as well. It is taken out once: a second search for its key would go
    // through all drafts.
    const accepted = this.#takeAccepted(entries);
    for (const { key, is } of unnumbered) this.#drafts.get(key)?.accept({ is });
    let next = 0;
    const ended = settled.map((key) => (key === accepted[next]?.key ? void next++ : this.#takeSettled(key)));
    for (const thread of this.threads) thread.apply(commit);
    for (const { key, failed } of drafts) if (failed !== null) this.#drafts.get(key)?.fail(failed);
    for (const sent of ended) {
      sent?.end();
      if (sent?.draft.failed) this.keyed.delete(sent.draft);
    }
    for (const { seq, code, message, isDiscarded } of failures) {
      if (isDiscarded === true) this.discarded.add(seq);
      for (const sents of [accepted, ...this.#tracked.values()]) {
        for (const sent of sents) if (sent.seq === seq) sent.fail({ code, message });
      }
    }
    for (const sent of accepted) if (sent.update()) this.track(sent);
    for (const { peer } of rows) this.#updateTracked(peer);
    if (rows.length + failures.length + drafts.length + settled.length > 0) this.conversations.changed();
    for (const entry of entries) {
      if (entry.from === this.user) continue;
      this.signals.stopTyping(entry.from);
      this.incoming.push(ofEntry(entry, this.user, undefined, this.check));
    }
  }

  /** A message of this client: shown before the store has it. */
  addDraft(draft: Draft): OwnMessage {
    // It is shown when it is stored: until then it may have been sent before.
    if (draft.sendKey !== undefined) return this.keyed.add(new OwnMessage(draft, this));
    const sent = this.#begin(draft);
    for (const thread of this.threads) thread.apply({ drafts: [draft] });
    // Once for all drafts of a task.
    if (!this.#isListStale) queueMicrotask(() => this.#refreshList());
    this.#isListStale = true;
    this.conversations.expire();
    if (draft.failed === null) return sent;
    if (this.#unsendable.push(draft.key) > MAX_UNSENDABLE) this.apply({ settled: this.#unsendable.splice(0, 1) });
    return sent;
  }

  /** Updates a message in the log until it is read, has failed, or is one of too many. */
  track(sent: OwnMessage): void {
    if (this.hasEnded) return sent.end();
    const sents = this.#tracked.get(sent.to);
    if (sents === undefined) this.#tracked.set(sent.to, new Set([sent]));
    else sents.add(sent);
  }

  end(): void {
    this.hasEnded = true;
    this.incoming.end();
    this.signals.end();
    this.conversations.end();
    this.displayName.end();
    for (const thread of this.threads) thread.end();
    for (const sents of this.#tracked.values()) for (const sent of sents) sent.end();
    for (const sent of this.#drafts.values()) sent.end();
    this.keyed.end();
  }

  #refreshList(): void {
    this.#isListStale = false;
    this.conversations.changed();
  }

  #setDraft(draft: Draft): void {
    const sent = this.#drafts.get(draft.key);
    if (sent !== undefined) sent.setDraft(draft);
    else if (!this.#settledEarly.delete(draft.key)) this.#begin(draft);
  }

  #takeSettled(key: string): OwnMessage | undefined {
    const sent = this.#drafts.take(key);
    if (sent !== undefined) return sent;
    this.#settledEarly.add(key);
    return undefined;
  }

  #begin(draft: Draft): OwnMessage {
    sawKey(draft.key);
    const sent = this.keyed.get(draft.sendKey) ?? this.keyed.add(new OwnMessage(draft, this));
    if (sent.key !== draft.key) sent.adopt({ ...draft, seq: null });
    sent.setDraft(draft);
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
}
