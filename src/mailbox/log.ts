// The log, and everything else on the mailbox's disk. The only file that speaks SQL.
// Rows that change more than once in a group are kept in memory and written once, by `seal`. It knows no socket and no call.
import { Recent } from "./recent.ts";
import { type Device, type Entry, type Life, type Peer, STORAGE, TABLES } from "./schema.ts";
import { readTail, type Sent } from "./tail.ts";

/** Entries between two checkpoints: what a wake has to scan at most, while nothing is owed. */
const CHECKPOINT_EVERY = 512;

/** What of the log stays in memory for the live path, in UTF-16 units of bodies and a little for each row. */
const RECENT_UNITS = 1_000_000;
const ROW_UNITS = 100;

export class Log {
  readonly #sql: SqlStorage;
  readonly #peers = new Map<string, Peer>();
  readonly #devices = new Map<string, Device>();
  readonly #dirtyPeers = new Set<Peer>();
  readonly #dirtyDevices = new Set<Device>();
  /** Devices whose `lastId` is ahead of their row, which the checkpoint catches up. */
  readonly #ahead = new Set<Device>();
  #life: Life | null = null;
  #head = 0;
  #woke = false;
  #wrote = false;
  #sinceCheckpoint = 0;
  #entries = new Recent<Entry>(0, RECENT_UNITS, (entry) => entry.body.length + ROW_UNITS);
  #marks = new Recent<{ seq: number; peer: Peer }>(0, RECENT_UNITS, () => ROW_UNITS);
  #delivered = 0;
  #owed: readonly Sent[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    if (this.#rows("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'").length > 0) this.#wake();
  }

  /** Null until somebody opens or writes to the mailbox. */
  get life(): Life | null {
    return this.#life;
  }

  /** The highest seq given. */
  get head(): number {
    return this.#head;
  }

  /** Entries accepted before this wake and not yet settled, in order. */
  get owed(): readonly Sent[] {
    return this.#owed;
  }

  /** Begins the mailbox, if it has not begun yet. */
  found(name: string): Life {
    if (this.#life !== null) return this.#life;
    for (const table of TABLES) this.#sql.exec(table);
    const base = Date.now() * 1_000;
    const life = { name, epoch: randomEpoch(), base, checkpoint: base };
    this.#sql.exec("INSERT INTO mailbox VALUES (1, ?, ?, ?, ?, ?)", STORAGE, name, life.epoch, base, base);
    this.#begin(life, base);
    this.#wrote = true;
    return life;
  }

  /** Writes one entry and gives it the next seq. */
  append(entry: Omit<Entry, "seq">): Entry {
    const row = { seq: this.#next(), ...entry };
    this.#sql.exec(
      "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      row.seq,
      row.kind,
      row.peer,
      row.origin,
      row.device,
      row.id,
      row.at,
      row.body,
    );
    this.#entries.push(row);
    this.#wrote = true;
    this.#sinceCheckpoint++;
    return row;
  }

  /** Sees to it that whatever comes next lies above `seq`: a device has seen that number. */
  raise(seq: number): void {
    if (seq <= this.#head) return;
    this.#head = seq;
  }

  /** The entries after `seq`, oldest first. Read it before the next `await`. */
  after(seq: number): Iterable<Entry> {
    return this.#entries.after(seq) ?? this.#read("SELECT * FROM entry WHERE seq > ? ORDER BY seq", seq);
  }

  /** The peers whose marks changed after `seq`, in the order of the change. */
  marksAfter(seq: number): Iterable<Peer> {
    const recent = this.#marks.after(seq);
    if (recent !== null) return recent.filter((mark) => mark.peer.mark === mark.seq).map((mark) => mark.peer);
    return this.#rows<{ name: string }>("SELECT name FROM peer WHERE mark > ? ORDER BY mark", seq).map((row) =>
      this.peer(row.name),
    );
  }

  /** The bodies of these entries, by seq. */
  bodies(seqs: readonly number[]): Map<number, string> {
    const query = "SELECT seq, body FROM entry WHERE seq IN (SELECT value FROM json_each(?))";
    const rows = this.#rows<{ seq: number; body: string }>(query, JSON.stringify(seqs));
    return new Map(rows.map(({ seq, body }) => [seq, body]));
  }

  /** What `device` sent with ids from `first` on that is still in the log, by id. Ids grow with seq, so it reads backwards and stops. */
  sentBy(device: string, first: number): Map<number, Entry> {
    const found = new Map<number, Entry>();
    for (const entry of this.#read("SELECT * FROM entry WHERE device = ? ORDER BY seq DESC", device)) {
      if (entry.id === null) continue;
      if (entry.id < first) break;
      found.set(entry.id, entry);
    }
    return found;
  }

  /** Which origins from `first` on this peer's entries in the log have. */
  originsFrom(peer: string, first: number): Set<number> {
    const query = "SELECT origin FROM entry WHERE kind = 'in' AND peer = ? AND origin >= ?";
    return new Set(this.#rows<{ origin: number }>(query, peer, first).map((row) => row.origin));
  }

  /** What was sent to `peer` after `seq`, but for what it finally refused. */
  sentTo(peer: string, seq: number): Sent[] {
    const query = `SELECT seq, peer, at FROM entry WHERE kind = 'out' AND peer = ?1 AND seq > ?2 AND seq NOT IN
      (SELECT origin FROM entry WHERE kind = 'failed' AND peer = ?1 AND seq > ?2) ORDER BY seq`;
    return this.#rows<Sent>(query, peer, seq);
  }

  /** Whether the entry `seq` was finally refused. */
  failed(seq: number): boolean {
    const query = "SELECT 1 FROM entry WHERE seq > ?1 AND kind = 'failed' AND origin = ?1 LIMIT 1";
    return this.#rows(query, seq).length > 0;
  }

  /** The row of a peer; a fresh one for somebody new. */
  peer(name: string): Peer {
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    const row = this.#rows<Peer>("SELECT * FROM peer WHERE name = ?", name)[0];
    const peer = row ?? { name, epoch: null, high: 0, refused: 0, reached: 0, stored: 0, mark: 0 };
    this.#peers.set(name, peer);
    return peer;
  }

  /** To be called by whoever changed a peer's row. */
  changed(peer: Peer): void {
    this.#dirtyPeers.add(peer);
  }

  /** A mark of this peer changed: gives the change its seq. */
  mark(peer: Peer): void {
    peer.mark = this.#next();
    this.#marks.push({ seq: peer.mark, peer });
    this.changed(peer);
  }

  /** The row of a device, or null for one never seen. */
  device(name: string): Device | null {
    return this.#devices.get(name) ?? null;
  }

  /** Keeps a device: new, or with another cursor, or having carried the delivered point further. */
  keepDevice(name: string, cursor: number, delivered: number): void {
    const known = this.#devices.get(name);
    const device = known ?? { name, cursor, lastId: 0, delivered };
    if (known !== undefined && known.cursor === cursor && known.delivered === delivered) return;
    this.carry(delivered);
    device.cursor = cursor;
    device.delivered = delivered;
    this.#devices.set(name, device);
    this.#dirtyDevices.add(device);
  }

  /** The id of the newest entry that a device sent. Its row follows at the next checkpoint; until then the log itself tells. */
  took(device: Device, id: number): void {
    device.lastId = id;
    this.#ahead.add(device);
  }

  /** Up to here everything was delivered to some device. */
  get delivered(): number {
    return this.#delivered;
  }

  /** A device carried that point up to `seq`; its row follows when it is kept. */
  carry(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq);
  }

  /** Writes what changed since the last time, once per row; true if this group wrote anything. `firstOwed`: the oldest entry that a lane still owes. */
  seal(firstOwed: () => number | null): boolean {
    this.#checkpoint(firstOwed);
    const wrote = this.#wrote || this.#dirtyPeers.size > 0 || this.#dirtyDevices.size > 0;
    this.#wrote = false;
    for (const peer of this.#dirtyPeers) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO peer VALUES (?, ?, ?, ?, ?, ?, ?)",
        peer.name,
        peer.epoch,
        peer.high,
        peer.refused,
        peer.reached,
        peer.stored,
        peer.mark,
      );
    }
    for (const device of this.#dirtyDevices) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?)",
        device.name,
        device.cursor,
        device.lastId,
        device.delivered,
      );
    }
    this.#dirtyPeers.clear();
    this.#dirtyDevices.clear();
    return wrote;
  }

  #checkpoint(firstOwed: () => number | null): void {
    if (this.#life === null || this.#sinceCheckpoint < CHECKPOINT_EVERY) return;
    this.#sinceCheckpoint = 0;
    const owed = firstOwed();
    const settled = owed === null ? this.#head : owed - 1;
    if (settled <= this.#life.checkpoint) return;
    this.#life.checkpoint = settled;
    this.#sql.exec("UPDATE mailbox SET checkpoint = ?", settled);
    for (const device of this.#ahead) this.#dirtyDevices.add(device);
    this.#ahead.clear();
  }

  /** Reads what the mailbox knew before it slept: its devices, and from the tail of the log `lastId` and what is owed. */
  #wake(): void {
    const life = this.#rows<Life & { version: number }>("SELECT * FROM mailbox")[0];
    if (life === undefined) return;
    for (const device of this.#rows<Device>("SELECT * FROM device")) {
      this.#devices.set(device.name, device);
      this.carry(device.delivered);
    }
    const top = this.#rows<{ head: number }>(
      "SELECT max(coalesce((SELECT max(seq) FROM entry), 0), coalesce((SELECT max(mark) FROM peer), 0)) AS head",
    )[0];
    this.#begin(life, Math.max(life.base, top?.head ?? 0));
    const tail = "SELECT seq, kind, peer, origin, device, id, at FROM entry WHERE seq > ? ORDER BY seq";
    const { owed, ids, entries } = readTail(this.#read(tail, life.checkpoint), (peer) => this.peer(peer).reached);
    for (const [device, id] of ids) this.#noteId(device, id);
    this.#owed = owed;
    this.#sinceCheckpoint = entries;
  }

  #noteId(name: string, id: number): void {
    const device = this.#devices.get(name) ?? { name, cursor: 0, lastId: 0, delivered: 0 };
    this.#devices.set(name, device);
    if (id > device.lastId) this.took(device, id);
  }

  #begin(life: Life, head: number): void {
    this.#life = life;
    this.#head = head;
    this.carry(life.base);
    this.#entries = new Recent(head, RECENT_UNITS, (entry) => entry.body.length + ROW_UNITS);
    this.#marks = new Recent(head, RECENT_UNITS, () => ROW_UNITS);
  }

  /** Never given twice, not even by a mailbox set back to an older copy of its file: the first one after a wake is beyond the clock. */
  #next(): number {
    if (!this.#woke) this.raise(Date.now() * 1_000);
    this.#woke = true;
    return ++this.#head;
  }

  #read(query: string, ...bindings: (string | number)[]): Iterable<Entry> {
    return this.#sql.exec(query, ...bindings) as unknown as Iterable<Entry>;
  }

  #rows<T = unknown>(query: string, ...bindings: (string | number)[]): T[] {
    return this.#sql.exec(query, ...bindings).toArray() as T[];
  }
}

function randomEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
