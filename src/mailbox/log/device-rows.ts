// The rows of the devices. The most recent ones are in memory. Older ones are deleted, as if they had never been seen;
// how far they had advanced the delivered watermark moves into the row of another device.
import { MAX_DEVICES } from "../../protocol/limits.ts";
import { type Device, PLAIN_DEVICE, WEBHOOK_DEVICE } from "./schema.ts";
import { upsert, type Sql } from "../../durable/log/sql.ts";

const COLUMNS = "name, cursor, lastId, delivered, seen";
const PUT_DEVICE = upsert("device", ["name", "cursor", "lastId", "delivered", "seen"]);
/** The first rows in this order stay. Both numbers are µs since 1970. */
const BY_LAST_USE = `ORDER BY name IN ('${PLAIN_DEVICE}', '${WEBHOOK_DEVICE}') DESC, max(seen * 1000, cursor) DESC`;

/** Rows that are deleted at once. Answers: a commit that takes longer than a request may. */
const MAX_DELETED = 10_000;

export class DeviceRows {
  readonly #sql: Sql;
  readonly #known = new Map<string, Device>();
  /** Devices whose rows are written with this commit. */
  readonly #changed = new Set<Device>();
  /** Devices whose `lastId` is written at the next checkpoint; until then the tail of the log has it. */
  readonly #changedId = new Set<Device>();
  #delivered = 0;
  #seen = 0;
  /** Whether the table has rows that are not in memory. */
  #hasMore = false;
  /** Whether there is a new device since old ones were last deleted. */
  #hasNew = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Every seq of this epoch lies above `base`. */
  startAt(base: number): void {
    this.#delivered = base;
  }

  /** Reads the most recent rows, after a wake. */
  load(): void {
    const rows = this.#sql.rows<Device>(`SELECT ${COLUMNS} FROM device ${BY_LAST_USE} LIMIT ?`, MAX_DEVICES + 1);
    this.#hasMore = rows.length > MAX_DEVICES;
    for (const device of rows) this.#remember(device);
    if (!this.#hasMore) return;
    const highest = this.#sql.row<Device>("SELECT max(delivered) AS delivered, max(seen) AS seen FROM device");
    this.advanceDelivered(highest?.delivered ?? 0);
    this.#seen = highest?.seen ?? 0;
  }

  /** A device, or null for one that was never seen or was deleted. */
  get(name: string): Device | null {
    const known = this.#known.get(name);
    if (known !== undefined || !this.#hasMore) return known ?? null;
    const row = this.#sql.row<Device>(`SELECT ${COLUMNS} FROM device WHERE name = ?`, name);
    return row === undefined ? null : this.#remember(row);
  }

  /** Whether any device was ever seen. */
  get hasAny(): boolean {
    return this.#known.size > 0;
  }

  all(): Device[] {
    return [...this.#known.values()];
  }

  /** When the user was last seen, ms since 1970; 0 for never. */
  get lastSeen(): number {
    let last = this.#seen;
    for (const { seen } of this.#known.values()) last = Math.max(last, seen);
    return last;
  }

  /** Has the row of a device written if something changes in it. */
  put(name: string, change: Partial<Pick<Device, "cursor" | "delivered" | "seen">>): void {
    const known = this.get(name);
    const device = known ?? freshDevice(name);
    const { cursor, delivered, seen } = { ...device, ...change };
    const isSame = cursor === device.cursor && delivered === device.delivered && seen === device.seen;
    if (known !== null && isSame) return;
    Object.assign(device, change);
    this.advanceDelivered(device.delivered);
    this.#hasNew ||= known === null;
    this.#known.set(name, device);
    this.#changed.add(device);
  }

  /** A message with this id was accepted from a device. The row is written at the next checkpoint. */
  accepted(name: string, id: number): void {
    const known = this.get(name);
    const device = known ?? freshDevice(name);
    if (known === null) this.#known.set(name, device);
    if (id <= device.lastId) return;
    device.lastId = id;
    this.#changedId.add(device);
  }

  /** Some device was connected until this time, ms since 1970, and its connection has ended: the one used last. */
  seenUntil(time: number): void {
    const byLastUse = this.all().toSorted(
      (a, b) => Math.max(b.seen * 1_000, b.cursor) - Math.max(a.seen * 1_000, a.cursor),
    );
    const [last] = byLastUse;
    if (last !== undefined) this.put(last.name, { seen: Math.max(last.seen, time) });
  }

  /** The delivered watermark: up to here everything was delivered to some device. */
  get delivered(): number {
    return this.#delivered;
  }

  /** A device advanced the delivered watermark to `seq`; `put` writes it. */
  advanceDelivered(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq);
  }

  /** From now on the rows alone have to hold every `lastId`. */
  checkpoint(): void {
    for (const device of this.#changedId) this.#changed.add(device);
    this.#changedId.clear();
  }

  /** Whether there may be more devices than are kept. */
  get hasTooMany(): boolean {
    return this.#hasMore || (this.#hasNew && this.#known.size > MAX_DEVICES);
  }

  /** Deletes the oldest devices beyond the limit, but none that is connected. */
  deleteOld(isConnected: (name: string) => boolean): void {
    this.#hasNew = false;
    const lastUse = ({ name, seen, cursor }: Device) => (isPermanent(name) ? Infinity : Math.max(seen * 1_000, cursor));
    const byLastUse = this.all().toSorted((a, b) => lastUse(b) - lastUse(a));
    const [heir] = byLastUse;
    for (const device of byLastUse.slice(MAX_DEVICES)) {
      if (!isPermanent(device.name) && !isConnected(device.name)) this.#forget(device, heir);
    }
    if (this.#hasMore) this.#forgetRest(heir);
  }

  /** Writes the rows that changed. */
  flush(): void {
    for (const { name, cursor, lastId, delivered, seen } of this.#changed) {
      this.#sql.run(PUT_DEVICE, name, cursor, lastId, delivered, seen);
    }
    this.#changed.clear();
  }

  #forget(device: Device, heir: Device | undefined): void {
    if (heir !== undefined && heir.delivered < device.delivered) {
      heir.delivered = device.delivered;
      this.#changed.add(heir);
    }
    this.#known.delete(device.name);
    this.#changed.delete(device);
    this.#changedId.delete(device);
    this.#sql.run("DELETE FROM device WHERE name = ?", device.name);
  }

  /** Deletes rows that are not in memory; if there are more than 10,000, later commits continue. */
  #forgetRest(heir: Device | undefined): void {
    if (heir === undefined) return;
    // The heir takes over the watermark of the deleted rows.
    if (heir.delivered < this.#delivered) heir.delivered = this.#delivered;
    this.#changed.add(heir);
    const others = "SELECT name FROM device WHERE name NOT IN (SELECT value FROM json_each(?)) LIMIT ?";
    const names = JSON.stringify([...this.#known.keys()]);
    this.#sql.run(`DELETE FROM device WHERE name IN (${others})`, names, MAX_DELETED);
    this.#hasMore = this.#sql.row(others, names, 1) !== undefined;
  }

  #remember(device: Device): Device {
    this.#known.set(device.name, device);
    this.advanceDelivered(device.delivered);
    return device;
  }
}

/** Whether a device is never deleted: the one of all plain sockets, and the webhook. */
function isPermanent(name: string): boolean {
  return name === PLAIN_DEVICE || name === WEBHOOK_DEVICE;
}

function freshDevice(name: string): Device {
  return { name, cursor: 0, lastId: 0, delivered: 0, seen: 0 };
}
