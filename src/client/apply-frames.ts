// What the mailbox's log says, turned into records: each frame changes rows, entries and the position, and what changed is
// handed out as one commit. It knows frames; no socket, no store, and nothing of who looks at the records.
import { bodyOf, type Down, type Welcome } from "../protocol/down.ts";
import type { Commit, Draft, Entry, Kept, Marks, Position, Read, Row, Why } from "./store.ts";

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

/** Unread messages of one conversation whose seqs are kept; of earlier ones only the number. */
const FRESH = 100;

/** What `GET /api/conversations` says of one. */
export interface Listed {
  readonly peer: string;
  readonly seq: number;
  readonly unread: number;
  readonly marks: { readonly [K in keyof Marks]?: number | undefined };
  readonly last: Entry | null;
  readonly standing?: string | undefined;
}

/** A message that came from somebody else. */
export interface Arrived {
  readonly from: string;
  readonly seq: number;
}

export class LogState {
  readonly #user: string;
  readonly #rows = new Map<string, Row>();
  readonly #reads = new Map<string, number>();
  readonly #position: { -readonly [Field in keyof Position]: Position[Field] };
  #commit: Open = empty();

  constructor(user: string, { position, rows, reads }: Kept) {
    this.#user = user;
    this.#position = { ...position };
    for (const row of rows) this.#rows.set(row.peer, row);
    for (const { peer, seq } of reads) this.#reads.set(peer, seq);
  }

  get position(): Position {
    return this.#position;
  }

  /** What was read and not yet told. */
  get reads(): readonly Read[] {
    return [...this.#reads].map(([peer, seq]) => ({ peer, seq }));
  }

  /** What changed since the last one, and those drafts; or null. */
  seal(drafts: readonly Draft[]): Commit | null {
    const open = this.#commit;
    if (!open.touched && drafts.length === 0) return null;
    this.#commit = empty();
    const rows = [...open.rows].map((peer) => this.#row(peer));
    return { ...open.records, drafts, rows, position: { ...this.#position } };
  }

  /** A connection begins. False in another life of the mailbox than before, where numbers of the last one mean nothing. */
  begin({ epoch, head }: Welcome, since: "start" | "now"): boolean {
    const { epoch: before, cursor, base } = this.#position;
    if (epoch === before) return true;
    const start = before === null && since === "now" ? head : null;
    this.#move({ epoch, cursor: before === null ? (start ?? cursor) : 0, base: start === null ? base : start + 1 });
    return before === null;
  }

  /** Entries up to here are gone for good. The one frame that may set the cursor back. */
  gap({ seq }: Frame<"gap">): void {
    this.#move({ cursor: seq, listed: false });
  }

  /** Every frame with a seq moves the cursor, known or not. Of the `count` seqs that end with this one: how many were not heard before. */
  advance(seq: number, count: number): number {
    const news = Math.min(count, seq - (this.#position.cursor ?? 0));
    if (news <= 0) return 0;
    this.#position.cursor = seq;
    this.#position.base ??= seq - news + 1;
    this.#touch();
    return news;
  }

  /** The last `news` of a run from somebody else, but for what was shown: its sender sends again what a mailbox that was set back has lost. */
  received(run: Frame<"message">, news: number, arrived: Arrived[] | null): void {
    const { from, at, origin = 0 } = run;
    const unshown = origin === 0 ? news : Math.min(news, origin - this.#row(from).origin);
    if (unshown <= 0) return;
    const row = this.#open(from);
    for (let back = unshown - 1; back >= 0; back--) {
      const seq = run.seq - back;
      this.#add(row, { key: `${seq}`, seq, peer: from, from, at, body: bodyOf(run, back) });
      unread(row, seq);
      arrived?.push({ from, seq });
    }
    row.origin = origin || row.origin;
  }

  /** One's own message that is no draft of this device: from another one, or answered already. */
  carbon(run: Frame<"message">, back: number): void {
    const { to, at } = run;
    const seq = run.seq - back;
    const body = bodyOf(run, back);
    // Without a body to the socket that sent it: then the answer came before, and it is here.
    if (body !== undefined) this.#add(this.#open(to), { key: `${seq}`, seq, peer: to, from: this.#user, at, body });
  }

  /** A draft was accepted, as the entry that is `back` before the run's last. */
  sent(draft: Draft, { entry, at, state }: Frame<"accepted">, back: number): void {
    const seq = entry === undefined ? draft.seq : entry - back;
    if (seq === null) return;
    const { key, peer, body } = draft;
    const row = this.#open(peer);
    this.#add(row, { key, seq, peer, from: this.#user, at: at ?? draft.at, body });
    if (state === "stored" && seq > row.stored) row.stored = seq;
  }

  mark({ peer, mine = 0, ...marks }: Frame<"mark">): void {
    const row = this.#row(peer);
    this.#set({ ...readUpTo(row, mine), ...further(row, marks) });
    if (mine < (this.#reads.get(peer) ?? Infinity)) return;
    this.#reads.delete(peer);
    this.#touch().told.push(peer);
  }

  stands({ peer, standing }: Frame<"peer">): void {
    this.#set({ ...this.#row(peer), standing });
  }

  failed(of: number, why: Why): void {
    this.#touch().failures.push({ seq: of, ...why });
    for (const row of this.#rows.values()) {
      if (row.last?.seq === of) this.#set({ ...row, last: { ...row.last, failed: why } });
    }
  }

  /** The user has read a conversation up to a seq. */
  read({ peer, seq }: Read): void {
    const row = this.#row(peer);
    if (seq <= row.mine) return;
    this.#reads.set(peer, seq);
    this.#touch().reads.push({ peer, seq });
    this.#set(readUpTo(row, seq));
  }

  /** The mailbox's own list of conversations, asked for when `arrived` began to be noted: what came from whom since. */
  listed(list: readonly Listed[], arrived: readonly Arrived[]): void {
    for (const one of list) {
      const row = this.#row(one.peer);
      const { mine = 0 } = one.marks;
      const later = arrived.filter(({ from, seq }) => from === one.peer && seq > one.seq);
      const counted: OpenRow = { ...row, mine, fresh: [], more: one.unread, moreUpTo: one.seq };
      for (const { seq } of later) unread(counted, seq);
      const merged = readUpTo(counted, row.mine);
      const last = (row.last?.seq ?? 0) > one.seq ? row.last : (one.last ?? row.last);
      this.#set({ ...merged, ...further(row, one.marks), last, standing: one.standing ?? "contact" });
    }
    this.#move({ listed: true });
  }

  settled(key: string): void {
    this.#touch().settled.push(key);
  }

  #add(row: OpenRow, entry: Entry): void {
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
    this.#commit.open.delete(row.peer);
  }

  /** The row of a peer, to be changed in place: copied once a commit, because the last one handed it out. */
  #open(peer: string): OpenRow {
    const known = this.#commit.open.get(peer);
    if (known !== undefined) return known;
    const row = this.#row(peer);
    const open: OpenRow = { ...row, fresh: [...row.fresh] };
    this.#set(open);
    this.#commit.open.set(peer, open);
    return open;
  }

  #move(change: Partial<Position>): void {
    Object.assign(this.#position, change);
    this.#touch();
  }

  #touch(): Open["records"] {
    this.#commit.touched = true;
    return this.#commit.records;
  }
}

const NEW_ROW: Omit<Row, "peer"> = {
  last: null,
  fresh: [],
  more: 0,
  moreUpTo: 0,
  origin: 0,
  stored: 0,
  delivered: 0,
  read: 0,
  mine: 0,
  standing: "contact",
};

/** How many messages of the peer are unread. */
export function unreadOf(row: Row): number {
  return row.more + row.fresh.length;
}

/** A row that nobody else has yet. */
type OpenRow = { -readonly [Field in keyof Row]: Row[Field] } & { fresh: number[] };

function unread(row: OpenRow, seq: number): void {
  if (seq <= row.mine) return;
  row.fresh.push(seq);
  const moved = row.fresh.length > FRESH ? row.fresh.shift() : undefined;
  if (moved === undefined) return;
  row.more++;
  row.moreUpTo = moved;
}

/** The peer's marks: they only grow. */
function further(row: Row, { stored = 0, delivered = 0, read = 0 }: Listed["marks"]): Omit<Marks, "mine"> {
  const { max } = Math;
  return { stored: max(row.stored, stored), delivered: max(row.delivered, delivered), read: max(row.read, read) };
}

function readUpTo(row: Row, mine: number): Row {
  if (mine <= row.mine) return row;
  const fresh = row.fresh.filter((seq) => seq > mine);
  return { ...row, mine, fresh, more: mine >= row.moreUpTo ? 0 : row.more };
}

/** A commit that is not sealed yet. */
interface Open {
  touched: boolean;
  readonly rows: Set<string>;
  /** Rows of this commit that may still be changed in place. */
  readonly open: Map<string, OpenRow>;
  readonly records: {
    readonly entries: Entry[];
    readonly failures: (Why & { readonly seq: number })[];
    readonly settled: string[];
    readonly reads: Read[];
    readonly told: string[];
  };
}

function empty(): Open {
  const records = { entries: [], failures: [], settled: [], reads: [], told: [] };
  return { touched: false, rows: new Set(), open: new Map(), records };
}
