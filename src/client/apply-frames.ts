// Turns frames of the mailbox's log into records: each frame changes rows, entries and the position, and the changes
// are handed out as one commit. It knows frames; no socket, no store, and no reader of the records.
import { bodyOf, type Frame, type Welcome } from "../protocol/down.ts";
import {
  addUnread,
  emptied,
  higherMarks,
  isCounted,
  isReplaced,
  type MutableRow,
  NEW_ROW,
  readUpTo,
  startOver,
  withLast,
  withSaid,
  without,
} from "./rows.ts";
import type { Listed, Meanwhile } from "./listed.ts";
import { emptyCommit, type OpenCommit } from "./open-commit.ts";
import { RemovedMessages } from "./removed-messages.ts";
import type { Commit, Draft, Entry, Failure, Kept, Position, Read, Row } from "./store.ts";

export class LogState {
  readonly #user: string;
  readonly #rows = new Map<string, Row>();
  readonly #reads = new Map<string, number>();
  /** An answer to one may come late. */
  readonly #removed = new RemovedMessages(this.#rows);
  readonly #position: { -readonly [Field in keyof Position]: Position[Field] };
  #commit: OpenCommit = emptyCommit();

  constructor(user: string, { position, rows, reads }: Kept) {
    this.#user = user;
    this.#position = { ...position };
    for (const row of rows) this.#rows.set(row.peer, row);
    for (const { peer, seq } of reads) this.#reads.set(peer, seq);
  }

  get position(): Position {
    return this.#position;
  }

  /** Reads that the mailbox has not confirmed. */
  get reads(): readonly Read[] {
    return [...this.#reads].map(([peer, seq]) => ({ peer, seq }));
  }

  /** The changes since the last commit, with these drafts; null where there are none. */
  takeCommit(drafts: readonly Draft[]): Commit | null {
    const open = this.#commit;
    if (!open.hasChanged && drafts.length === 0) return null;
    this.#commit = emptyCommit();
    const rows = [...open.rows].map((peer) => this.#row(peer));
    // More was read after the confirmation.
    const told = open.records.told.filter((peer) => !this.#reads.has(peer));
    return { ...open.records, told, drafts, rows, position: { ...this.#position } };
  }

  /**
   * A connection begins. False in another epoch of the mailbox than before: the numbers of the last one mean nothing in
   * it.
   */
  begin({ epoch, head, displayName }: Welcome, since: "start" | "now"): boolean {
    const { epoch: before, cursor, base } = this.#position;
    if (displayName !== undefined) this.#set({ ...this.#row(this.#user), displayName });
    if (epoch === before) return true;
    if (before !== null) this.#startOver(head);
    const start = before === null && since === "now" ? head : null;
    this.#setPosition({
      epoch,
      cursor: before === null ? (start ?? cursor) : 0,
      base: start === null ? base : start + 1,
    });
    return before === null;
  }

  /**
   * In another epoch what was read can't be confirmed any more. Seqs are times: only where they start lower than before
   * would marks cover messages that nobody has had, and conversations start over too.
   */
  #startOver(head: number): void {
    const { told } = this.#touch();
    for (const peer of this.#reads.keys()) told.push(peer);
    this.#reads.clear();
    if (head >= (this.#position.cursor ?? 0)) return;
    this.#removed.startOver();
    for (const row of this.#rows.values()) this.#set(startOver(row));
  }

  /** Entries up to this seq are gone for good. The one frame that may move the cursor back. */
  skipGap({ seq }: Frame<"gap">): void {
    this.#setPosition({ cursor: seq, listed: false });
  }

  /**
   * Every frame with a seq moves the cursor, known type or not. Returns how many of the `count` seqs that end with this
   * one are new to this device.
   */
  advance(seq: number, count: number): number {
    const newCount = Math.min(count, seq - (this.#position.cursor ?? 0));
    if (newCount <= 0) return 0;
    this.#position.cursor = seq;
    this.#position.base ??= seq - newCount + 1;
    this.#touch();
    return newCount;
  }

  /**
   * Adds the last `newCount` messages of a run of somebody else, except those that were shown before: the sender sends
   * again the messages that a restored mailbox has lost.
   */
  addReceived(run: Frame<"message">, newCount: number, meanwhile: Meanwhile | null): void {
    const { from, at, origin = 0 } = run;
    const unshown = origin === 0 ? newCount : Math.min(newCount, origin - this.#row(from).origin);
    if (unshown <= 0) return;
    const row = this.#mutableRow(from);
    for (let back = unshown - 1; back >= 0; back--) {
      const seq = run.seq - back;
      this.#add(row, { key: `${seq}`, seq, peer: from, from, at, body: bodyOf(run, back) });
      addUnread(row, seq);
      meanwhile?.messages.push({ from, seq });
    }
    row.origin = origin || row.origin;
  }

  /** Adds an own message that is no draft of this device: it was sent by another device, or was answered already. */
  addCarbon(run: Frame<"message">, back: number): void {
    const { to, at } = run;
    const seq = run.seq - back;
    const body = bodyOf(run, back);
    // The socket that sent a message may get it without the body. Then the answer came before, and the message is here.
    if (body !== undefined)
      this.#add(this.#mutableRow(to), { key: `${seq}`, seq, peer: to, from: this.#user, at, body });
  }

  /** A draft was accepted, as the entry that is `back` before the last entry of the run. */
  addAccepted(
    draft: Draft,
    { entry, at, state }: Pick<Frame<"accepted">, "entry" | "at" | "state">,
    back: number,
  ): void {
    const seq = entry === undefined ? draft.seq : entry - back;
    const { key, peer, body, sendKey } = draft;
    if (seq === null || this.#removed.has(peer, seq)) return void this.#touch().unnumbered.push({ key, is: state });
    const row = this.#mutableRow(peer);
    this.#add(row, { key, seq, peer, from: this.#user, at: at ?? draft.at, body, sendKey });
    if (state === "stored" && seq > row.stored) row.stored = seq;
  }

  /**
   * Without a `seq` the mailbox may still lose the mark. Until it has one, this device remembers what the user has read
   * and says it again on the next connection, whichever device it was read on.
   */
  applyMark({ seq, peer, mine = 0, ...marks }: Frame<"mark">): void {
    const row = this.#row(peer);
    this.#set({ ...readUpTo(row, mine), ...higherMarks(row, marks) });
    if (seq === undefined) {
      if (mine > row.mine) this.#remember({ peer, seq: mine });
    } else if (mine >= (this.#reads.get(peer) ?? Infinity)) {
      this.#reads.delete(peer);
      this.#touch().told.push(peer);
    }
  }

  setPeer(said: Frame<"peer">, meanwhile: Meanwhile | null): void {
    meanwhile?.peers.add(said.peer);
    this.#set(withSaid(this.#row(said.peer), said.seq, said));
  }

  remove({ peer, upTo = 0, of }: Omit<Frame<"cleared">, "seq" | "type">, meanwhile: Meanwhile | null): void {
    const removed = { peer, from: of ?? 0, upTo: of ?? upTo };
    const row = this.#row(peer);
    if (of !== undefined) {
      if (meanwhile) meanwhile.isInDoubt = true;
      // Whether the peer wrote it only the mailbox knows.
      if (row.last?.seq !== of && isCounted(row, of)) this.#setPosition({ listed: false });
    }
    this.#removed.add(removed);
    this.#touch().removed.push(removed);
    this.#set(without(row, removed));
  }

  markFailed(of: number, why: Failure): void {
    this.#touch().failures.push({ seq: of, ...why });
    for (const row of this.#rows.values()) {
      if (row.last?.seq === of) this.#set({ ...row, last: { ...row.last, failed: why } });
    }
  }

  /** The last messages of conversations that are not shown any more: the ones before them are to take their places. */
  get discarded(): readonly Entry[] {
    return [...this.#rows.values()].flatMap(({ last }) => (last && isReplaced(last) ? [last] : []));
  }

  replaceLast({ peer, seq }: Entry, last: Entry | null): void {
    const row = this.#row(peer);
    if (row.last?.seq === seq) this.#set(withLast(row, this.#unlessRemoved(last)));
  }

  /** The user has read a conversation up to a seq. */
  markRead({ peer, seq }: Read): void {
    const row = this.#row(peer);
    if (seq <= row.mine) return;
    this.#remember({ peer, seq });
    this.#set(readUpTo(row, seq));
  }

  #remember(read: Read): void {
    this.#reads.set(read.peer, read.seq);
    this.#touch().reads.push(read);
  }

  /** Merges the mailbox's own list of conversations. */
  mergeList(list: readonly Listed[], meanwhile: Meanwhile): void {
    for (const one of list) {
      const { peer, seq, clearedUpTo: upTo = 0, unread: more } = one;
      if (upTo > (this.#row(peer).clearedUpTo ?? 0)) this.remove({ peer, upTo }, null);
      const row = this.#row(peer);
      const { mine = 0 } = one.marks;
      const counted: MutableRow = { ...row, mine, fresh: [], more, moreUpTo: one.last?.seq ?? seq };
      for (const { from, seq: later } of meanwhile.messages)
        if (from === peer && later > seq && !this.#removed.has(peer, later)) addUnread(counted, later);
      const last = this.#unlessRemoved((row.last?.seq ?? 0) > seq ? row.last : (one.last ?? row.last));
      const merged = { ...readUpTo(counted, row.mine), ...higherMarks(row, one.marks), last };
      this.#set(meanwhile.peers.has(peer) ? merged : withSaid(merged, seq, one));
    }
    this.#setPosition({ listed: !meanwhile.isInDoubt });
  }

  /** A last message, which may have been removed since it was asked for. */
  #unlessRemoved(last: Entry | null): Entry | null {
    if (last === null || !this.#removed.has(last.peer, last.seq)) return last;
    return this.#removed.hasAllUpTo(last.peer, last.seq) ? null : emptied(last);
  }

  settleDraft(key: string): void {
    this.#touch().settled.push(key);
  }

  /** Iterations have taken everything up to this arrival. */
  setTaken(number: number): void {
    this.#touch().taken = number;
  }

  #add(row: MutableRow, entry: Entry): void {
    if (this.#removed.has(row.peer, entry.seq)) return;
    this.#touch().entries.push(entry);
    if (entry.seq > (row.last?.seq ?? 0)) row.last = entry;
  }

  #row(peer: string): Row {
    return this.#rows.get(peer) ?? { ...NEW_ROW, peer };
  }

  #set(row: Row): void {
    this.#rows.set(row.peer, row);
    this.#touch();
    this.#commit.rows.add(row.peer);
    this.#commit.mutableRows.delete(row.peer);
  }

  /** The row of a peer, to be changed in place: copied once a commit, because the last commit handed it out. */
  #mutableRow(peer: string): MutableRow {
    const known = this.#commit.mutableRows.get(peer);
    if (known !== undefined) return known;
    const row = this.#row(peer);
    const mutable: MutableRow = { ...row, fresh: [...row.fresh] };
    this.#set(mutable);
    this.#commit.mutableRows.set(peer, mutable);
    return mutable;
  }

  #setPosition(change: Partial<Position>): void {
    Object.assign(this.#position, change);
    this.#touch();
  }

  #touch(): OpenCommit["records"] {
    this.#commit.hasChanged = true;
    return this.#commit.records;
  }
}
