// One run of the chaos: three users with two devices each, and faults that drop, delay, repeat and kill. All choices
// come from the seed. In the end the faults stop, all devices reconnect, and the history is checked.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { vi } from "vitest";
import { commitFailures } from "../../src/durable/commit-failures.ts";
import { PeerQueue } from "../../src/mailbox/delivery/peer-queue.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import type { Delivery, PackedDelivery, Reply } from "../../src/protocol/envelope.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { type Accepted, check } from "./checker.ts";
import { ChaosDevice } from "./chaos-device.ts";
import { Random } from "./random.ts";

const STEPS = 80;
/** Rounds after the end of the faults within which every message has to arrive. */
const ROUNDS = 30;

type AnyDelivery = Delivery | PackedDelivery;
type Deliver = (this: Mailbox, delivery: AnyDelivery) => Promise<Reply>;

let runs = 0;

/** A small window, so that it is often full. */
Object.assign(LIMITS, { window: 12 });

/** A planted fault: changes each delivery on its way. */
type Tamper = (delivery: Delivery) => Delivery;

const NONE: Tamper = (delivery) => delivery;

/** Plays a seed; returns the broken promises of its history, in sentences. */
export async function play(seed: number, tamper: Tamper = NONE): Promise<string[]> {
  const world = new World(seed, tamper);
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
  readonly #sent: Omit<Accepted, "entry">[] = [];
  readonly #read = new Map<string, number>();
  readonly #deliver: Deliver;
  readonly #spy;
  /** Retries at once: only the faults delay deliveries. */
  readonly #retryAtOnce = vi.spyOn(PeerQueue.prototype, "scheduleRetry").mockImplementation(function (this: PeerQueue) {
    this.retryAt = Date.now();
  });
  /** A crash ends the process, and with it the memory of commits that never ended. */
  readonly #forgetCommits = vi.spyOn(commitFailures, "refuseWritesUntil").mockReturnValue(0);
  /** Held deliveries continue at the next release. */
  #releases = 0;
  readonly #past: AnyDelivery[] = [];
  #hasFaults = true;
  #holds = true;

  constructor(seed: number, tamper: Tamper) {
    this.#random = new Random(seed);
    const run = ++runs;
    this.#users = ["ann", "ben", "cy"].map((name) => `${name}-${seed}-${run}`);
    this.#devices = this.#users.flatMap((user) => ["phone", "laptop"].map((device) => new ChaosDevice(user, device)));
    this.#deliver = Mailbox.prototype.deliver;
    const tampered = (packed: AnyDelivery) => (tamper === NONE ? packed : tamper(unpack(packed)));
    const disturbed = (mailbox: Mailbox, packed: AnyDelivery) => this.#disturb(mailbox, tampered(packed));
    this.#spy = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (
      this: Mailbox,
      packed: AnyDelivery,
    ) {
      return disturbed(this, packed);
    });
  }

  async play(): Promise<string[]> {
    for (const device of this.#devices) await device.connect();
    for (let step = 0; step < STEPS; step++) await this.#step();
    this.#hasFaults = false;
    this.#holds = false;
    for (let round = 0; round < ROUNDS && !(await this.#reconnectAll()); round++);
    return check({
      accepted: this.#accepted,
      sent: this.#sent,
      devices: this.#devices.map((device) => device.history),
      read: this.#read,
    });
  }

  end(): void {
    this.#spy.mockRestore();
    this.#retryAtOnce.mockRestore();
    this.#forgetCommits.mockRestore();
    this.#release();
    for (const device of this.#devices) device.close();
  }

  get #accepted(): Accepted[] {
    return this.#devices.flatMap((device) => device.accepted);
  }

  /** Delivers, with a random fault while faults are on. */
  async #disturb(mailbox: Mailbox, delivery: AnyDelivery): Promise<Reply> {
    if (!this.#hasFaults) return this.#deliver.call(mailbox, delivery);
    const kind = this.#random.next();
    if (kind < 0.1) throw new Error("the receiver is unreachable");
    if ("runs" in delivery && this.#random.chance(0.1)) throw new TypeError("this is older code, which reads no runs");
    if (kind < 0.25) await this.#hold();
    const reply = await this.#deliver.call(mailbox, delivery);
    this.#past.push(delivery);
    if (kind > 0.9) throw new Error("the answer was lost");
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
    const kind = random.below(100);
    if (kind < 34) this.#send(device, 1 + random.below(4));
    else if (kind < 62) await device.receive(true);
    else if (kind < 69) await device.receive(false);
    else if (kind < 72) device.close();
    else if (kind < 75) device.disconnectSilently();
    else if (kind < 84) await (device.online ? device.receive(true) : device.connect());
    else if (kind < 87) await device.connect();
    else if (kind < 90) this.#readSomething(device);
    else if (kind < 93) await this.#evict(random.pick(this.#users), "hibernate");
    else if (kind < 95) await this.#evict(random.pick(this.#users), "close");
    else if (kind < 96) await this.#crash();
    else if (kind < 98) this.#release();
    else if (kind < 99) await this.#repeat();
    else await runDurableObjectAlarm(env.MAILBOX.getByName(device.user)).catch(() => undefined);
  }

  #send(device: ChaosDevice, count: number): void {
    const to = this.#random.pick(this.#users);
    const words = Array.from({ length: count }, (_, n) => `${device.user}/${device.device}/${this.#sent.length + n}`);
    for (const word of words) this.#sent.push({ from: device.user, to, word });
    device.send(to, words);
  }

  #readSomething(device: ChaosDevice): void {
    const seen = device.shown.filter(({ from }) => from !== device.user);
    const last = seen.at(-1);
    if (last === undefined || !device.online) return;
    device.read(last.from, last.seq);
    const truth = `${last.from} ${device.user}`;
    this.#reads.push({ truth, word: last.word });
  }

  readonly #reads: { readonly truth: string; readonly word: string }[] = [];

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

  /** Reconnects all devices and handles their frames. True once every accepted message is on every device. */
  async #reconnectAll(): Promise<boolean> {
    this.#release();
    // While all events are inside one process, the runtime runs its timers only if the test waits for one.
    await scheduler.wait(1);
    for (const user of this.#users) await runDurableObjectAlarm(env.MAILBOX.getByName(user)).catch(() => undefined);
    let quiet = true;
    for (const device of this.#devices) {
      if (!device.online) await device.connect();
      const before = device.shown.length + device.pending.length;
      quiet = (await device.sync()) && quiet;
      await device.receive(true);
      quiet &&= device.pending.length === 0 && before === device.shown.length;
    }
    const entries = new Map(this.#accepted.map(({ word, entry }) => [word, entry]));
    for (const { truth, word } of this.#reads) {
      this.#read.set(truth, Math.max(this.#read.get(truth) ?? 0, entries.get(word) ?? 0));
    }
    return (
      quiet &&
      check({
        accepted: this.#accepted,
        sent: this.#sent,
        devices: this.#devices.map((d) => d.history),
        read: this.#read,
      }).length === 0
    );
  }
}
