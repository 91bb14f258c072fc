// What an application sees: the same in the client that is connected and in every other one of the same store, because all of
// them see nothing but commits. It knows records; no socket, no frame, no store.
import { unreadOf } from "./archive.ts";
import { Feed } from "./feed.ts";
import { Source } from "./live.ts";
import { type Message, ofEntry } from "./message.ts";
import { Sent } from "./sent.ts";
import { Signals } from "./signals.ts";
import type { Commit, Draft, Kept, Row } from "./store.ts";
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

/** Own messages to one peer whose way is followed at once. */
const FOLLOWED = 1_000;

export class View {
  readonly user: string;
  readonly feed: Feed;
  readonly signals = new Signals();
  readonly conversations = new Source(() => this.#list());
  readonly threads = new Set<Thread>();
  readonly #rows = new Map<string, Row>();
  readonly #drafts = new Map<string, Draft>();
  /** Own messages that an application holds: those without an entry by key, then by peer. */
  readonly #unanswered = new Map<string, Sent>();
  readonly #followed = new Map<string, Sent[]>();

  constructor(user: string, feed: Feed) {
    this.user = user;
    this.feed = feed;
  }

  /** What was kept before. */
  load({ rows, drafts }: Kept): void {
    this.apply({ rows, drafts });
  }

  row(peer: string): Row | undefined {
    return this.#rows.get(peer);
  }

  draft(key: string): Draft | undefined {
    return this.#drafts.get(key);
  }

  drafts(): Draft[] {
    return [...this.#drafts.values()];
  }

  /** Something changed and is kept; or a draft, which is shown before. */
  apply(commit: Commit): void {
    for (const row of commit.rows ?? []) this.#rows.set(row.peer, row);
    for (const draft of commit.drafts ?? []) this.#drafts.set(draft.key, draft);
    for (const key of commit.settled ?? []) this.#drafts.delete(key);
    for (const thread of this.threads) thread.apply(commit);
    this.#follow(commit);
    if ((commit.rows ?? []).length > 0 || (commit.failures ?? []).length > 0) this.conversations.changed();
    for (const entry of commit.entries ?? []) {
      if (entry.from === this.user) continue;
      this.signals.wrote(entry.from);
      this.feed.push(ofEntry(entry, this.user, undefined));
    }
  }

  /** A message that is being sent, for whoever sends it. */
  sending(draft: Draft): Sent {
    const sent = new Sent(draft, this.user, this.#rows);
    if (draft.failed === null) this.#unanswered.set(draft.key, sent);
    return sent;
  }

  end(): void {
    this.feed.end();
    this.signals.end();
    this.conversations.end();
    for (const thread of this.threads) thread.end();
    for (const sents of this.#followed.values()) for (const sent of sents) sent.state.end();
    for (const sent of this.#unanswered.values()) sent.state.end();
  }

  #follow(commit: Commit): void {
    for (const { key, peer, seq } of commit.entries ?? []) {
      const sent = this.#unanswered.get(key);
      if (sent === undefined) continue;
      this.#unanswered.delete(key);
      sent.taken(seq);
      const sents = this.#followed.get(peer) ?? [];
      sents.push(sent);
      this.#followed.set(peer, sents);
    }
    for (const { key, failed } of commit.drafts ?? []) {
      const sent = failed === null ? undefined : this.#unanswered.get(key);
      if (sent === undefined || failed === null) continue;
      this.#unanswered.delete(key);
      sent.fail(failed);
    }
    for (const key of commit.settled ?? []) {
      this.#unanswered.get(key)?.state.end();
      this.#unanswered.delete(key);
    }
    for (const { seq, code, message } of commit.failures ?? []) {
      for (const sents of this.#followed.values()) {
        for (const sent of sents) if (sent.seq === seq) sent.fail({ code, message });
      }
    }
    for (const { peer } of commit.rows ?? []) this.#followUp(peer);
  }

  /** What was sent to `peer` hears how far it has come; the oldest are let go of. */
  #followUp(peer: string): void {
    const sents = this.#followed.get(peer);
    if (sents === undefined) return;
    let kept = 0;
    let tooMany = sents.length - FOLLOWED;
    for (const sent of sents) {
      const moved = sent.moved();
      if (tooMany-- > 0 || moved) sent.state.end();
      else sents[kept++] = sent;
    }
    sents.length = kept;
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
