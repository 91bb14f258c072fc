// The SDK through seeds of chaos: connections cut at any frame, lost answers, refusals of messages and receivers, a
// restored mailbox, another epoch, and clients that die between any two steps of a write. No send breaks the rules of
// ids. In the end every stored message is in the mailbox's log once and in order, unless the mailbox has lost it, and
// every message of the log was shown once.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect, type Restante } from "../../src/client/connect.ts";
import { Random } from "../chaos/random.ts";
import { Disk, type MountedStore } from "./disk.ts";
import { Model } from "./model.ts";

const SEEDS = Number(process.env["CHAOS_SEEDS"] ?? 300);
const STEPS = 60;
const RECEIVERS = ["bob", "carol", "dora"];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** One process of the application after another, over one disk and one mailbox. */
class World {
  readonly random: Random;
  readonly model: Model;
  readonly disk = new Disk();
  store!: MountedStore;
  me!: Restante;
  /** Bodies in the order of writing, with their receivers, and whether the store is known to have them. */
  readonly written = new Map<string, { readonly to: string; isKept: boolean }>();
  shown: unknown[] = [];
  #number = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.model = new Model("alice", this.random);
    vi.spyOn(Math, "random").mockImplementation(() => this.random.next());
    const { model } = this;
    vi.stubGlobal(
      "WebSocket",
      Object.assign(
        function open(url: string) {
          return model.connect(url);
        },
        { OPEN: 1 },
      ),
    );
    this.start();
  }

  start(): void {
    this.store = this.disk.store(() => this.pause());
    this.me = connect({ url: "http://mailbox.test", userName: "alice", store: this.store });
    this.me.messages.subscribe(({ body }) => this.shown.push(body));
  }

  /** The process ends between any two steps. */
  crash(): void {
    this.store.gone = true;
    this.model.crash();
    void this.me.close();
    this.start();
  }

  /** One write of twenty is slower than a new connection. */
  async pause(): Promise<void> {
    if (this.random.chance(0.05)) await new Promise((done) => setTimeout(done, this.random.below(3_000)));
    for (let i = this.random.below(4); i > 0; i--) await Promise.resolve();
  }

  send(bad: boolean): void {
    const body = `${bad ? "bad" : "message"} ${++this.#number}`;
    const record = { to: this.random.pick(RECEIVERS), isKept: false };
    this.written.set(body, record);
    const { store } = this;
    void this.me.send(record.to, body).kept.then(() => {
      if (!store.gone) record.isKept = true;
    });
  }

  async step(): Promise<void> {
    const what = this.random.below(100);
    if (what < 40) this.send(this.random.chance(0.1));
    else if (what < 65) this.model.arrive("bob", `to alice ${++this.#number}`);
    else if (what < 72) this.model.cutAll();
    else if (what < 77) this.crash();
    else if (what < 79) this.model.restoreOldCopy();
    else if (what < 80) this.model.setBack();
    else if (what === 80 && this.random.chance(0.5)) this.model.beginEpoch();
    else if (what < 90) await vi.advanceTimersByTimeAsync(this.random.below(2_000));
    else for (let i = this.random.below(6); i > 0; i--) await Promise.resolve();
  }
}

/** All conversations as a whole, as the store has them. */
async function conversations(me: Restante) {
  const all = RECEIVERS.map((peer) => me.messages.with(peer));
  await vi.advanceTimersByTimeAsync(10);
  for (const thread of all) {
    while (thread.more) {
      const older = thread.older();
      await vi.advanceTimersByTimeAsync(10);
      await older;
    }
  }
  return all.flatMap(({ value }) => value);
}

test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))("[S10][L4][W2][S11][T3][T5][T7] seed %i", async (seed) => {
  const world = new World(seed);
  const { model } = world;
  model.faults = { cut: 0.08, busy: 0.1, held: 0.05 };
  for (let i = 0; i < STEPS; i++) {
    await world.step();
    // Everything that is acknowledged is stored.
    expect(model.acked).toBeLessThanOrEqual(world.disk.cursor);
  }
  model.faults = { cut: 0, busy: 0, held: 0 };
  await vi.advanceTimersByTimeAsync(240_000);

  expect(model.violations).toEqual([]);
  const own = model.log.messages.filter(({ from }) => from === "alice");
  const ofOwn = new Set(own.map(({ body }) => String(body)));
  for (const peer of RECEIVERS) {
    // Once, and in the order of writing. Every stored message is there; others may be.
    const order = [...world.written].filter(([body, { to }]) => to === peer && ofOwn.has(body)).map(([body]) => body);
    expect(own.filter(({ to }) => to === peer).map(({ body }) => body)).toEqual(order);
  }
  const sure = [...world.written].filter(([body, { isKept }]) => isKept && body.startsWith("message"));
  expect(sure.filter(([body]) => !ofOwn.has(body) && !(model.lost.has(body) && model.answered.has(body)))).toEqual([]);
  // Shown at most once in all processes together: a process may die after storing and before showing.
  expect(new Set(world.shown).size).toBe(world.shown.length);
  const shown = await conversations(world.me);
  const inLog = model.log.messages.map(({ body }) => body);
  const numbered = shown.filter(({ seq }) => seq !== null).map(({ body }) => body);
  expect(new Set(numbered).size).toBe(numbered.length);
  expect(new Set(numbered)).toEqual(new Set([...inLog, ...numbered.filter((body) => model.lost.has(body))]));
  const theirs = shown.filter(({ from, body }) => from === "bob" && inLog.includes(body)).map(({ body }) => body);
  expect(theirs).toEqual(model.log.messages.filter(({ from }) => from === "bob").map(({ body }) => body));
  // Finally refused messages are shown with their reason.
  const waiting = shown.filter(({ seq }) => seq === null);
  expect(waiting.map(({ state }) => state?.is)).toEqual(waiting.map(() => "failed"));
  expect(waiting.every(({ body }) => String(body).startsWith("bad"))).toBe(true);
  await world.me.close();
});
