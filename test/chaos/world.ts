// One run of the chaos: three users with two or three devices each, and faults that drop, delay, repeat and kill. All
// choices come from the seed. In the end the faults stop, all devices reconnect, and the history is checked, together
// with what each device and each mailbox knows of the marks. Then the mailboxes end once more, while nothing else
// happens that could repair what is lost with them, and the same is checked again.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import type { Delivery, PackedDelivery, Reply } from "../../src/protocol/envelope.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { get } from "../support/devices.ts";
import { check, type History, type Read, type Sent } from "./checker.ts";
import { chooseRelation } from "./choose-relation.ts";
import { ChaosDevice } from "./chaos-device.ts";
import { Random } from "./random.ts";
import { RUN_OPTIONS, type RunOptions } from "./run-options.ts";
import { shortenRun } from "./short-run.ts";
import { checkViews, viewOfDevice, viewOfMailbox } from "./views.ts";

const STEPS = 100;
/** Which devices of a user request early marks: all, none, the phone alone, or each connection as it happens. */
const EARLY = ["all", "all", "none", "phone", "changing"] as const;

type AnyDelivery = Delivery | PackedDelivery;
type Deliver = (this: Mailbox, delivery: AnyDelivery) => Promise<Reply>;

let runs = 0;

/** A small window, so that it is often full. */
Object.assign(LIMITS, { window: 12 });

/** Plays a seed; returns the broken promises of its history, in sentences. */
export async function play(seed: number, options: Partial<RunOptions> = {}): Promise<string[]> {
  const world = new World(seed, { ...RUN_OPTIONS, ...options });
  try {
    return await world.play();
  } catch (error) {
    // A device received a frame that it does not expect.
    return [error instanceof Error ? error.message : "unknown"];
  } finally {
    world.end();
  }
}

class World {
  readonly #random: Random;
  readonly #users: string[];
  readonly #devices: ChaosDevice[];
  readonly #sent: Sent[] = [];
  readonly #reads: Read[] = [];
  readonly #stored = new Map<string, number>();
  readonly #deliver: Deliver;
  readonly #restore: () => void;
  readonly #settleMs: number;
  /** Held deliveries continue at the next release. */
  #releases = 0;
  readonly #past: AnyDelivery[] = [];
  #hasFaults = true;
  #holds = true;
  #events = 0;

  constructor(seed: number, { tamper, settleMs }: RunOptions) {
    this.#settleMs = settleMs;
    this.#random = new Random(seed);
    const run = ++runs;
    this.#users = ["ann", "ben", "cy"].map((name) => `${name}-${seed}-${run}`);
    this.#devices = this.#users.flatMap((user) => this.#devicesOf(user));
    this.#deliver = Mailbox.prototype.deliver;
    const tampered = (packed: AnyDelivery) => (tamper === RUN_OPTIONS.tamper ? packed : tamper(unpack(packed)));
    const disturbed = (mailbox: Mailbox, packed: AnyDelivery) => this.#disturb(mailbox, tampered(packed));
    const deliver = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (
      this: Mailbox,
      packed: AnyDelivery,
    ) {
      return disturbed(this, packed);
    });
    const restoreRun = shortenRun(() => this.#hasFaults && this.#random.chance(0.02));
    this.#restore = () => {
      deliver.mockRestore();
      restoreRun();
    };
  }

  #devicesOf(user: string): ChaosDevice[] {
    const early = this.#random.pick(EARLY);
    const names = this.#random.chance(0.3) ? ["phone", "laptop", "tablet"] : ["phone", "laptop"];
    return names.map((device) => this.#device(user, device, () => this.#requestsEarly(early, device)));
  }

  #device(user: string, device: string, requestsEarly: () => boolean): ChaosDevice {
    return new ChaosDevice(user, device, { requestsEarly, now: () => ++this.#events });
  }

  #requestsEarly(early: (typeof EARLY)[number], device: string): boolean {
    if (early === "changing") return this.#random.chance(0.7);
    return early === "all" || early === device;
  }

  async play(): Promise<string[]> {
    // A tablet connects in the middle of the run at the earliest.
    for (const device of this.#devices) if (device.device !== "tablet") await device.connect();
    for (let step = 0; step < STEPS; step++) await this.#step();
    this.#hasFaults = false;
    this.#holds = false;
    for (const act of [() => {}, () => this.#exchange(), () => this.#endMailboxes()]) {
      await act();
      const broken = await this.#settle();
      if (broken.length > 0) return broken;
    }
    return this.#checkNewDevices();
  }

  /** While all devices are connected, so that the marks of these messages are early where they can be. */
  #exchange(): void {
    for (const device of this.#devices) {
      if (device.device === "phone") this.#send(device, 1);
      if (this.#random.chance(0.3)) this.#readSomething(device);
    }
  }

  end(): void {
    this.#restore();
    this.#release();
    for (const device of this.#devices) device.close();
  }

  get #history(): History {
    return {
      accepted: this.#devices.flatMap((device) => device.accepted),
      sent: this.#sent,
      devices: this.#devices.map((device) => device.history),
      reads: this.#reads,
      stored: this.#stored,
    };
  }

  /** Delivers, with a random fault while faults are on. */
  async #disturb(mailbox: Mailbox, delivery: AnyDelivery): Promise<Reply> {
    if (!this.#hasFaults) return this.#accept(mailbox, delivery);
    const kind = this.#random.next();
    if (kind < 0.1) throw new Error("the receiver is unreachable");
    if ("runs" in delivery && this.#random.chance(0.1)) throw new TypeError("this is older code, which reads no runs");
    if (kind < 0.25) await this.#hold();
    const reply = await this.#accept(mailbox, delivery);
    this.#past.push(delivery);
    if (kind > 0.9) throw new Error("the answer was lost");
    return reply;
  }

  /** Delivers. From then on what was stored may be said to be stored. */
  async #accept(mailbox: Mailbox, delivery: AnyDelivery): Promise<Reply> {
    const reply = await this.#deliver.call(mailbox, delivery);
    if (reply.verdict !== "taken") return reply;
    for (const { body } of unpack(delivery).envelopes) {
      const word = String(JSON.parse(body));
      if (!this.#stored.has(word)) this.#stored.set(word, ++this.#events);
    }
    return reply;
  }

  /**
   * Waits for the next release. It polls, because a promise that another object resolves would continue in that
   * object's context.
   */
  async #hold(): Promise<void> {
    const until = this.#releases + 1;
    while (this.#holds && this.#releases < until) await new Promise((done) => setTimeout(done, 1));
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const device = random.pick(this.#devices);
    if (random.chance(0.3)) await scheduler.wait(0);
    const kind = random.below(112);
    if (kind < 34) this.#send(device, 1 + random.below(4));
    else if (kind < 62) await device.receive(true);
    else if (kind < 69) await device.receive(false);
    else if (kind < 72) device.close();
    else if (kind < 75) device.disconnectSilently();
    else if (kind < 84) await (device.online ? device.receive(true) : device.connect());
    else if (kind < 87) await device.connect();
    else if (kind < 96) this.#readSomething(device);
    else if (kind < 99) await this.#evict(random.pick(this.#users), "hibernate");
    else if (kind < 101) await this.#evict(random.pick(this.#users), "close");
    else if (kind < 102) await this.#crash();
    else if (kind < 104) this.#release();
    else if (kind < 105) await this.#repeat();
    else if (kind < 106) await runDurableObjectAlarm(env.MAILBOX.getByName(device.user)).catch(() => undefined);
    else if (kind < 107) await get(`/api/entries?user=${device.user}`).catch(() => undefined);
    else if (kind < 108) await get(`/api/conversations?user=${device.user}`).catch(() => undefined);
    // Delayed receipts and marks leave.
    else await scheduler.wait(random.below(30));
  }

  #send(device: ChaosDevice, count: number): void {
    const to = this.#random.pick(this.#users);
    const words = Array.from({ length: count }, (_, n) => `${device.user}/${device.device}/${this.#sent.length + n}`);
    const re = chooseRelation(this.#random, device, to);
    for (const [n, word] of words.entries())
      this.#sent.push({ from: device.user, to, word, re: n === 0 ? re?.known : undefined });
    device.send(to, words, re?.sent);
  }

  /** The user reads one of the newest messages, also on a device that is not connected. */
  #readSomething(device: ChaosDevice): void {
    const { user } = device;
    const seen = device.shown.filter(({ from }) => from !== user).slice(-5);
    if (seen.length === 0) return;
    const { from: peer, seq } = this.#random.pick(seen);
    this.#reads.push({ user, peer, seq, at: ++this.#events });
    device.read(peer, seq);
  }

  /** The runtime evicts an object only when it is idle, so no delivery is held meanwhile. */
  async #evict(user: string, webSockets: "hibernate" | "close"): Promise<void> {
    this.#holds = false;
    this.#release();
    await evictDurableObject(env.MAILBOX.getByName(user), { webSockets }).catch(() => undefined);
    this.#holds = true;
  }

  async #crash(): Promise<void> {
    this.#release();
    await abortAllDurableObjects();
  }

  #release(): void {
    this.#releases++;
  }

  /** An abandoned call arrives after newer ones. */
  async #repeat(): Promise<void> {
    if (this.#past.length === 0) return;
    const delivery = this.#random.pick(this.#past);
    this.#holds = false;
    await env.MAILBOX.getByName(delivery.to)
      .deliver(delivery)
      .catch(() => undefined);
    this.#holds = true;
  }

  /** Reconnects all devices until every promise is kept; the broken ones, if that takes too long. */
  async #settle(): Promise<string[]> {
    const until = Date.now() + this.#settleMs;
    for (;;) {
      const quiet = await this.#reconnectAll();
      const history = this.#history;
      const views = [...history.devices.map(viewOfDevice), ...(await Promise.all(this.#users.map(viewOfMailbox)))];
      const broken = [...check(history), ...checkViews(history, views)];
      if ((quiet && broken.length === 0) || Date.now() > until) return broken;
    }
  }

  /** Reconnects all devices and handles their frames. True if nothing has come. */
  async #reconnectAll(): Promise<boolean> {
    this.#release();
    // While all events are inside one process, the runtime runs its timers only if the test waits for one.
    await scheduler.wait(5);
    for (const user of this.#users) await runDurableObjectAlarm(env.MAILBOX.getByName(user)).catch(() => undefined);
    let quiet = true;
    for (const device of this.#devices) {
      if (!device.online) await device.connect();
      const before = device.shown.length + device.pending.length;
      quiet = (await device.sync()) && quiet;
      await device.receive(true);
      quiet &&= device.pending.length === 0 && before === device.shown.length;
    }
    return quiet;
  }

  /** Nothing is under way; what a mailbox loses now, it has to ask for. */
  async #endMailboxes(): Promise<void> {
    const kind = this.#random.below(6);
    if (kind === 0) for (const user of this.#users) await this.#evict(user, "hibernate");
    if (kind === 1) for (const user of this.#users) await this.#evict(user, "close");
    const share = kind === 2 ? 1 : kind === 3 ? 0.5 : 0;
    for (const device of this.#devices) if (this.#random.chance(share)) device.close();
    if (share > 0) await scheduler.wait(5);
    if (kind > 1) await this.#crash();
  }

  /** New devices, with and without early marks, know the same as the others. */
  async #checkNewDevices(): Promise<string[]> {
    const broken: string[] = [];
    for (const early of [true, false]) {
      for (const user of this.#users) {
        const device = this.#device(user, early ? "new-early" : "new", () => early);
        await device.connect();
        await device.catchUp();
        broken.push(...checkViews(this.#history, [viewOfDevice(device.history)]));
        device.close();
      }
    }
    return broken;
  }
}
