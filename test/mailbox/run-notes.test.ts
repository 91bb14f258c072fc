// What changes in rows of peers without an entry rides in the rows of the log: a wake knows as much as the instance
// before it did, however the events came, and a crash loses only what nobody was promised.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import type { MarkHolder } from "../../src/mailbox/log/peers/early-marks.ts";
import type { Peer } from "../../src/mailbox/log/peers/peer.ts";
import type { PeerNote } from "../../src/mailbox/log/peers/peer-note.ts";
import { fresh } from "../support/devices.ts";
import { Random } from "../chaos/random.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const NAMES = ["bob", "carol", "dave", "erin"];
const KEEP_ALL = { entries: null, age: null };

/** A log whose events are chosen at random, with the sockets' part played by `held`. */
class World {
  readonly #sql: SqlStorage;
  readonly #random: (n: number) => number;
  log: Log;
  canHold = true;
  held: readonly PeerNote[] = [];
  /** Seqs that were given to entries and marks. */
  readonly given: number[] = [];
  /** Of each peer the highest origin and the own messages that it stored. */
  #origin = 0;
  #id = 0;

  constructor(sql: SqlStorage, random: (n: number) => number) {
    this.#sql = sql;
    this.#random = random;
    this.log = this.#open([]);
    this.log.ensureCreated("alice");
  }

  #open(restored: readonly PeerNote[]): Log {
    vi.setSystemTime(Date.now() + this.#random(20_000));
    const holder = { restored, canHold: false, wasOpenAt: () => this.canHold };
    Object.defineProperty(holder, "canHold", { get: () => this.canHold });
    return new Log(this.#sql, KEEP_ALL, holder satisfies MarkHolder);
  }

  /** The instance ends between two events, and another one begins. */
  hibernate(): void {
    this.log = this.#open(this.held);
  }

  /** The instance ends, and its sockets with it. */
  crash(): void {
    this.held = [];
    this.log = this.#open([]);
  }

  /** One commit of one to four changes. */
  commit(): void {
    for (let n = this.#random(4); n >= 0; n--) this.#change(NAMES[this.#random(NAMES.length)] ?? "");
    if (!this.canHold) this.log.peers.writeEarly();
    this.log.flush(() => null);
    this.held = this.log.peers.early.notes;
  }

  #change(name: string): void {
    const { log } = this;
    const peer = log.peers.get(name);
    switch (this.#random(8)) {
      case 0:
      case 1:
        return this.#receive(peer);
      case 2:
      case 3:
        return this.#add({ kind: "out", peer: name, origin: null, id: ++this.#id });
      case 4:
        if (peer.lastSeq <= peer.stored) return;
        peer.storedUpTo = peer.stored = peer.lastSeq;
        return log.peers.changed(peer, "soon");
      case 5:
        peer.delivered = peer.stored;
        if (this.#random(2) === 0) peer.read = peer.stored;
        return log.peers.mark(peer);
      case 6:
        if (peer.lastSeq <= peer.readByMe) return;
        peer.readByMe = peer.lastSeq;
        peer.unread = 0;
        peer.dueRead = peer.lastOrigin;
        return this.#random(3) === 0 ? log.peers.markNow(peer) : log.peers.mark(peer);
      default:
        peer.dueRead = 0;
        log.peers.early.update(peer);
        return log.peers.flushDeferred();
    }
  }

  #receive(peer: Peer): void {
    if (peer.epoch === null) {
      peer.epoch = "e1";
      this.log.peers.changed(peer);
    }
    this.#add({ kind: "in", peer: peer.name, origin: ++this.#origin, id: null });
    peer.lastOrigin = this.#origin;
    peer.unread++;
  }

  #add(entry: { kind: "in" | "out"; peer: string; origin: number | null; id: number | null }): void {
    const device = entry.id === null ? null : "phone";
    this.given.push(this.log.append({ ...entry, device, at: Date.now(), body: "1" }).seq);
  }
}

function stateOf(log: Log) {
  return NAMES.map((name) => {
    const peer = log.peers.get(name);
    const messages = [...log.conversations.after(peer, 0, Infinity)].map(({ seq }) => seq);
    // The newest seqs may be in a page or not, a mark has no seq yet, and a receipt may be due once more.
    return { ...peer, messages, recentSeqs: null, markSeq: null, dueRead: null };
  });
}

async function withWorlds(seeds: number, play: (world: World, random: (n: number) => number) => void): Promise<void> {
  for (let seed = 1; seed <= seeds; seed++) {
    await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage: { sql } }) => {
      const generator = new Random(seed);
      const random = (n: number) => Math.floor(generator.next() * n);
      play(new World(sql, random), random);
    });
  }
}

test("after hibernation a mailbox knows of every peer what it knew before", async () => {
  await withWorlds(8, (world, random) => {
    for (let n = 0; n < 400; n++) {
      world.commit();
      if (random(20) === 0) world.canHold = !world.canHold;
      if (random(3) > 0) continue;
      world.log.peers.flushDeferred();
      world.log.flush(() => null);
      world.held = world.log.peers.early.notes;
      const before = stateOf(world.log);
      const marks = [...world.log.peers.marksAfter(0)].map(({ name }) => name);
      world.hibernate();
      expect(stateOf(world.log)).toEqual(before);
      expect([...world.log.peers.marksAfter(0)].map(({ name }) => name)).toEqual(marks);
    }
  });
});

test("after a crash the entries are complete, unread counts fit the marks, and no mark with a seq is lost", async () => {
  await withWorlds(8, (world, random) => {
    for (let n = 0; n < 300; n++) {
      world.commit();
      if (random(10) > 0) continue;
      const before = stateOf(world.log);
      const numbered = [...world.log.peers.marksAfter(0)].map(({ name, markSeq }) => [name, markSeq]);
      const early = new Set(Array.from(world.held, ({ name }) => name));
      world.crash();
      for (const [i, peer] of stateOf(world.log).entries()) {
        expect(peer.messages).toEqual(before[i]?.messages);
        expect(peer.lastOrigin).toBe(before[i]?.lastOrigin);
        expect(peer.unread).toBe(world.log.conversations.unread(world.log.peers.get(peer.name), peer.readByMe));
        if (!early.has(peer.name)) expect(peer.readByMe).toBe(before[i]?.readByMe);
      }
      expect([...world.log.peers.marksAfter(0)].map(({ name, markSeq }) => [name, markSeq])).toEqual(numbered);
    }
  });
});

test("[R3] a number between two entries is known as skipped, after any number of wakes, and one that was given is not", async () => {
  await withWorlds(5, (world, random) => {
    for (let n = 0; n < 300; n++) {
      world.commit();
      if (random(2) === 0) world.hibernate();
    }
    world.hibernate();
    let before = world.given[0] ?? 0;
    for (const seq of world.given) {
      expect(world.log.skippedRangeOf(seq)).toBe(null);
      // Marks took some of the numbers between two entries, next to one of them.
      const between = Math.floor((before + seq) / 2);
      if (seq - before > 1_000) expect(world.log.skippedRangeOf(between)).toMatchObject({ last: expect.any(Number) });
      before = seq;
    }
  });
});
