// What an application sees: the same in the client that is connected and in every other one of the same store, because all of
// them see nothing but commits. It knows records; no socket, no frame, no store.
import { unreadOf } from "./apply-frames.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { Computed } from "./live-value.ts";
import { type Message, ofEntry } from "./message.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { type Marked, OwnMessage } from "./own-message.ts";
import { Signals } from "./signals.ts";
import { type Commit, type Draft, type Entry, NONE, type Row } from "./store.ts";
import type { Thread } from "./thread.ts";

/** One conversation of the list. */
export interface Conversation {
  readonly peer: string;
  /** The newest message. */
  readonly last: Message;
  readonly unread: number;
  /** `contact`, `request` (a stranger who was not answered yet) or `blocked`. */
  readonly standing: string;
}

/** Own messages to one peer that are followed at once. */
const FOLLOWED = 1_000;

export class View implements Marked {
  readonly user: string;
  readonly feed: IncomingMessages;
  readonly signals = new Signals();
  readonly conversations = new Computed(() => this.#list());
  readonly threads = new Set<Thread>();
  readonly #rows = new Map<string, Row>();
  /** Own messages: drafts by key; by peer those that became entries, and of which somebody has to be told. */
  readonly #drafts = new OrderedQueue<OwnMessage>();
  readonly #followed = new Map<string, Set<OwnMessage>>();
  #ended = false;

  constructor(user: string, feed: IncomingMessages) {
    this.user = user;
    this.feed = feed;
  }

  row(peer: string): Row | undefined {
    return this.#rows.get(peer);
  }

  draft(key: string): Draft | undefined {
    return this.#drafts.get(key)?.draft;
  }

  drafts(): Draft[] {
    return this.#drafts.values().map((sent) => sent.draft);
  }

  /** Something changed and is kept, or was kept before. */
  apply(commit: Commit): void {
    const { rows = NONE, drafts = NONE, settled = NONE, failures = NONE, entries = NONE } = commit;
    for (const row of rows) this.#rows.set(row.peer, row);
    for (const draft of drafts) (this.#drafts.get(draft.key) ?? this.#begin(draft)).draft = draft;
    // A draft that became an entry is settled as well: it is taken out before the others end, and not looked for again, which would be
    // a search through all.
    const answered = this.#answered(entries);
    let next = 0;
    const ended = settled.map((key) => (key === answered[next]?.key ? void next++ : this.#drafts.take(key)));
    for (const thread of this.threads) thread.apply(commit);
    for (const { key, failed } of drafts) if (failed !== null) this.#drafts.get(key)?.fail(failed);
    for (const sent of ended) sent?.end();
    for (const { seq, code, message } of failures) {
      for (const sents of [answered, ...this.#followed.values()]) {
        for (const sent of sents) if (sent.seq === seq) sent.fail({ code, message });
      }
    }
    for (const sent of answered) if (sent.moved()) this.follow(sent);
    for (const { peer } of rows) this.#followUp(peer);
    if (rows.length > 0 || failures.length > 0) this.conversations.changed();
    for (const entry of entries) {
      if (entry.from === this.user) continue;
      this.signals.wrote(entry.from);
      this.feed.push(ofEntry(entry, this.user, undefined));
    }
  }

  /** A message that is being sent, for whoever sends it: shown before it is kept. */
  sending(draft: Draft): OwnMessage {
    if (draft.failed !== null) return new OwnMessage(draft, this);
    const sent = this.#begin(draft);
    for (const thread of this.threads) thread.apply({ drafts: [draft] });
    return sent;
  }

  /** A message that is in the log is heard of until it is read, failed, or one of too many. */
  follow(sent: OwnMessage): void {
    if (this.#ended) return sent.end();
    const sents = this.#followed.get(sent.to);
    if (sents === undefined) this.#followed.set(sent.to, new Set([sent]));
    else sents.add(sent);
  }

  end(): void {
    this.#ended = true;
    this.feed.end();
    this.signals.end();
    this.conversations.end();
    for (const thread of this.threads) thread.end();
    for (const sents of this.#followed.values()) for (const sent of sents) sent.end();
    for (const sent of this.#drafts.values()) sent.end();
  }

  #begin(draft: Draft): OwnMessage {
    const sent = new OwnMessage(draft, this);
    this.#drafts.set(sent);
    return sent;
  }

  /** Drafts that have become entries: from now on they follow their conversation. */
  #answered(entries: readonly Entry[]): OwnMessage[] {
    const answered: OwnMessage[] = [];
    for (const { key, from, seq } of entries) {
      const sent = from === this.user ? this.#drafts.take(key) : undefined;
      if (sent === undefined) continue;
      sent.seq = seq;
      answered.push(sent);
    }
    return answered;
  }

  /** What was sent to `peer` hears how far it has come; the oldest are let go of. */
  #followUp(peer: string): void {
    const sents = this.#followed.get(peer);
    if (sents === undefined) return;
    let tooMany = sents.size - FOLLOWED;
    for (const sent of sents) {
      const goesOn = sent.moved();
      if (tooMany-- > 0) sent.end();
      else if (goesOn) continue;
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
