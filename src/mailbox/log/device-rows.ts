// The rows of the devices: the newest ones in memory, written when it matters. Older ones are forgotten, as if they had never been seen;
// how far they had carried the delivered point is kept in another's row.
import { DEVICES } from "../../protocol/limits.ts";
import { type Device, PLAIN_DEVICE, WEBHOOK_DEVICE } from "./schema.ts";
import { upsert, type Sql } from "../../durable/log/sql.ts";

const COLUMNS = "name, cursor, lastId, delivered, seen";
const PUT_DEVICE = upsert("device", ["name", "cursor", "lastId", "delivered", "seen"]);
/** The first in this order stay: both of its numbers begin with the clock. */
const NEWEST = `ORDER BY name IN ('${PLAIN_DEVICE}', '${WEBHOOK_DEVICE}') DESC, max(seen * 1000, cursor) DESC`;

/** Rows that are deleted at once where there are very many. Answers: a batch that takes longer than a request may. */
const FORGOTTEN = 10_000;

export class DeviceRows {
  readonly #sql: Sql;
  readonly #known = new Map<string, Device>();
  readonly #dirty = new Set<Device>();
  /** Devices whose `lastId` is ahead of their row, which the checkpoint catches up. */
  readonly #ahead = new Set<Device>();
  #delivered: number;
  #seen = 0;
  /** Whether the table has rows that are not in memory; and whether there is a new device since the old ones were last looked for. */
  #hasMore = false;
  #hasNew = false;

  /** Everything of this life lies above `base`. */
  constructor(sql: Sql, base: number) {
    this.#sql = sql;
    this.#delivered = base;
  }

  /** Reads the newest, after a wake. */
  load(): void {
    const rows = this.#sql.rows<Device>(`SELECT ${COLUMNS} FROM device ${NEWEST} LIMIT ?`, DEVICES + 1);
    this.#hasMore = rows.length > DEVICES;
    for (const device of rows) this.#take(device);
    if (!this.#hasMore) return;
    const of = this.#sql.row<Device>("SELECT max(delivered) AS delivered, max(seen) AS seen FROM device");
    this.advanceDelivered(of?.delivered ?? 0);
    this.#seen = of?.seen ?? 0;
  }

  /** The row of a device, or null for one never seen, or forgotten. */
  get(name: string): Device | null {
    const known = this.#known.get(name);
    if (known !== undefined || !this.#hasMore) return known ?? null;
    const row = this.#sql.row<Device>(`SELECT ${COLUMNS} FROM device WHERE name = ?`, name);
    return row === undefined ? null : this.#take(row);
  }

  /** Whether any device was ever seen. */
  get some(): boolean {
    return this.#known.size > 0;
  }

  all(): Device[] {
    return [...this.#known.values()];
  }

  /** When the user was last seen, ms since 1970; 0 for never. */
  get seen(): number {
    let last = this.#seen;
    for (const { seen } of this.#known.values()) last = Math.max(last, seen);
    return last;
  }

  /** Keeps a device: new, with another cursor, having carried the delivered point further, or just seen. */
  put(name: string, change: Partial<Pick<Device, "cursor" | "delivered" | "seen">>): void {
    const known = this.get(name);
    const device = known ?? freshDevice(name);
    const next = { ...device, ...change };
    if (
      known !== null &&
      next.cursor === device.cursor &&
      next.delivered === device.delivered &&
      next.seen === device.seen
    )
      return;
    Object.assign(device, change);
    this.advanceDelivered(device.delivered);
    this.#hasNew ||= known === null;
    this.#known.set(name, device);
    this.#dirty.add(device);
  }

  /** The id of the newest entry that a device sent. Its row follows at the next checkpoint; until then the log itself tells. */
  accepted(name: string, id: number): void {
    const known = this.get(name);
    const device = known ?? freshDevice(name);
    if (known === null) this.#known.set(name, device);
    if (id <= device.lastId) return;
    device.lastId = id;
    this.#ahead.add(device);
  }

  /** Up to here everything was delivered to some device. */
  get delivered(): number {
    return this.#delivered;
  }

  /** A device carried that point up to `seq`; its row follows when it is kept. */
  advanceDelivered(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq);
  }

  /** From here on the rows have to be right by themselves. */
  checkpoint(): void {
    for (const device of this.#ahead) this.#dirty.add(device);
    this.#ahead.clear();
  }

  /** Whether there may be more than are kept, of which some can be forgotten. */
  get areTooMany(): boolean {
    return this.#hasMore || (this.#hasNew && this.#known.size > DEVICES);
  }

  /** Forgets the oldest of those that are too many, but for those that are here. */
  forgetOld(isHere: (name: string) => boolean): void {
    this.#hasNew = false;
    const use = ({ name, seen, cursor }: Device) => (isKept(name) ? Infinity : Math.max(seen * 1_000, cursor));
    const byUse = this.all().toSorted((a, b) => use(b) - use(a));
    const [heir] = byUse;
    for (const device of byUse.slice(DEVICES)) {
      if (!isKept(device.name) && !isHere(device.name)) this.#forget(device, heir);
    }
    if (this.#hasMore) this.#forgetRest(heir);
  }

  /** Writes what changed, a row each. */
  flush(): void {
    for (const { name, cursor, lastId, delivered, seen } of this.#dirty) {
      this.#sql.run(PUT_DEVICE, name, cursor, lastId, delivered, seen);
    }
    this.#dirty.clear();
  }

  #forget(device: Device, heir: Device | undefined): void {
    if (heir !== undefined && heir.delivered < device.delivered) {
      heir.delivered = device.delivered;
      this.#dirty.add(heir);
    }
    this.#known.delete(device.name);
    this.#dirty.delete(device);
    this.#ahead.delete(device);
    this.#sql.run("DELETE FROM device WHERE name = ?", device.name);
  }

  /** Of rows that are not in memory: so many that a later batch may have to go on. */
  #forgetRest(heir: Device | undefined): void {
    if (heir === undefined) return;
    // What the rows that go had carried.
    if (heir.delivered < this.#delivered) heir.delivered = this.#delivered;
    this.#dirty.add(heir);
    const others = "SELECT name FROM device WHERE name NOT IN (SELECT value FROM json_each(?)) LIMIT ?";
    const names = JSON.stringify([...this.#known.keys()]);
    this.#sql.run(`DELETE FROM device WHERE name IN (${others})`, names, FORGOTTEN);
    this.#hasMore = this.#sql.row(others, names, 1) !== undefined;
  }

  #take(device: Device): Device {
    this.#known.set(device.name, device);
    this.advanceDelivered(device.delivered);
    return device;
  }
}

/** All plain sockets, and the webhook, are a device each as long as there is the mailbox. */
function isKept(name: string): boolean {
  return name === PLAIN_DEVICE || name === WEBHOOK_DEVICE;
}

function freshDevice(name: string): Device {
  return { name, cursor: 0, lastId: 0, delivered: 0, seen: 0 };
}
