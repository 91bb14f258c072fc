// The rows of the devices: all of them in memory, written when it matters.
import type { Device } from "./schema.ts";
import { putting, type Sql } from "./sql.ts";

const PUT_DEVICE = putting("device", ["name", "cursor", "lastId", "delivered", "seen"]);

export class DeviceRows {
  readonly #sql: Sql;
  readonly #known = new Map<string, Device>();
  readonly #dirty = new Set<Device>();
  /** Devices whose `lastId` is ahead of their row, which the checkpoint catches up. */
  readonly #ahead = new Set<Device>();
  #delivered: number;

  /** Everything of this life lies above `base`. */
  constructor(sql: Sql, base: number) {
    this.#sql = sql;
    this.#delivered = base;
  }

  /** Reads them all, after a wake. */
  load(): void {
    for (const device of this.#sql.rows<Device>("SELECT * FROM device")) {
      this.#known.set(device.name, device);
      this.carry(device.delivered);
    }
  }

  /** The row of a device, or null for one never seen. */
  get(name: string): Device | null {
    return this.#known.get(name) ?? null;
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
    return Math.max(0, ...[...this.#known.values()].map(({ seen }) => seen));
  }

  /** Keeps a device: new, with another cursor, having carried the delivered point further, or just seen. */
  keep(name: string, change: Partial<Pick<Device, "cursor" | "delivered" | "seen">>): void {
    const known = this.#known.get(name);
    const device = known ?? freshDevice(name);
    const next = { ...device, ...change };
    if (
      known !== undefined &&
      next.cursor === device.cursor &&
      next.delivered === device.delivered &&
      next.seen === device.seen
    )
      return;
    Object.assign(device, change);
    this.carry(device.delivered);
    this.#known.set(name, device);
    this.#dirty.add(device);
  }

  /** The id of the newest entry that a device sent. Its row follows at the next checkpoint; until then the log itself tells. */
  took(name: string, id: number): void {
    const known = this.#known.get(name);
    const device = known ?? freshDevice(name);
    if (known === undefined) this.#known.set(name, device);
    if (id <= device.lastId) return;
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

  /** From here on the rows have to be right by themselves. */
  checkpoint(): void {
    for (const device of this.#ahead) this.#dirty.add(device);
    this.#ahead.clear();
  }

  /** Writes what changed, a row each; true if there was anything. */
  seal(): boolean {
    if (this.#dirty.size === 0) return false;
    for (const { name, cursor, lastId, delivered, seen } of this.#dirty) {
      this.#sql.run(PUT_DEVICE, name, cursor, lastId, delivered, seen);
    }
    this.#dirty.clear();
    return true;
  }
}

function freshDevice(name: string): Device {
  return { name, cursor: 0, lastId: 0, delivered: 0, seen: 0 };
}
