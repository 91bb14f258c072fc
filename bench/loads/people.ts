// Messages between people: each alone, both mailboxes hibernated before it, both users connected. What that makes the servers do is
// counted, and no time is measured, so many pairs do it at once.
import { setTimeout as sleep } from "node:timers/promises";
import { connectPerson, type Person } from "../clients/person.ts";
import { bodyOf } from "../clients/text.ts";
import { countFsyncs } from "../machine/fsyncs.ts";
import type { Figures, Load } from "../measures/measure.ts";
import { OPERATOR } from "../peers/restante.ts";
import { withTimeout } from "../../src/protocol/timeout.ts";
import type { Task } from "./job.ts";
import { Random } from "../../test/chaos/random.ts";

type People = Extract<Load, { kind: "people" }>;

/** Objects hibernate about 10 s after an event, and the last event is a receipt, half a second after the message; ms. */
const HIBERNATED = 13_000;
/** Over which the pairs are spread, ms. */
const SPREAD = 5_000;
/** The longest that a message may take until it is delivered or read, ms. */
const PATIENCE = 20_000;
/**
 * Messages of a pair before any counts, less than this, each pair another number: some rows are written once in 48 messages, and so
 * they are counted for as many pairs as in a long conversation.
 */
const MOST_BEFORE = 48;
/** How often the server is asked for counters that it still collects, and for how long at most, ms. */
const ASK_EVERY = 500;
const COLLECTED = 30_000;

export async function people(task: Task<People>): Promise<Figures> {
  const { load, urls, pids } = task;
  const [url = ""] = urls;
  const pairs = await Promise.all(
    Array.from({ length: load.pairs }, (_, i) => Pair.open(url, `${task.name}n${i}`, load)),
  );
  await Promise.all(pairs.map((pair, i) => pair.talk(Math.floor((i / load.pairs) * MOST_BEFORE))));
  const fsyncs = await countFsyncs(pids);
  await sleep(Math.max(HIBERNATED, load.gap * 1_000));
  const before = { ...(await countsOf(url)), fsyncs: fsyncs.read() };
  await Promise.all(pairs.map((pair, i) => pair.play((i / load.pairs) * SPREAD)));
  await sleep(HIBERNATED);
  const messages = load.pairs * load.messages;
  const after = { ...(await countsOf(url, before.accepted + messages)), fsyncs: fsyncs.read() };
  await fsyncs.stop();
  await Promise.all(pairs.map((pair) => pair.close()));
  const each = (name: keyof typeof after) => ((after[name] - before[name]) / messages) * 1_000;
  return {
    rowsWritten: each("rows"),
    calls: each("calls"),
    textsIn: each("textsIn"),
    textsOut: each("textsOut"),
    fsyncs: each("fsyncs"),
    wakes: each("wakes"),
  };
}

class Pair {
  readonly #load: People;
  readonly #random: Random;
  readonly #people: readonly [Person, Person];
  #sent = 0;
  /** Ms after which a message is read; null: never. */
  #readAfter: number | null = null;

  private constructor(load: People, random: Random, both: readonly [Person, Person]) {
    this.#load = load;
    this.#random = random;
    this.#people = both;
  }

  /** Two people who know each other. */
  static async open(url: string, name: string, load: People): Promise<Pair> {
    let pair: Pair | null = null;
    const devices = [1, load.devices];
    const open = (who: string, n = 1) => {
      return connectPerson(url, `${name}${who}`, n, ({ from }, me) => {
        const after = pair === null ? null : pair.#readAfter;
        if (after !== null) setTimeout(() => me.read(from), after);
      });
    };
    const both = [await open("a", devices[0]), await open("b", devices[1])] as const;
    const opened = new Pair(load, new Random(hash(name)), both);
    pair = opened;
    await opened.#send(both[0], both[1], "stored");
    // The answer accepts the first one.
    await opened.#send(both[1], both[0], "delivered");
    return opened;
  }

  /** So many messages without pauses, read at once if they are read at all. */
  async talk(count: number): Promise<void> {
    this.#readAfter = this.#load.readAfter === null ? null : 0;
    for (let n = 0; n < count; n++) await this.#next("delivered");
    this.#readAfter = this.#load.readAfter === null ? null : this.#load.readAfter * 1_000;
  }

  /** The messages that count; the pause before the first one has been. */
  async play(delay: number): Promise<void> {
    const { messages, gap } = this.#load;
    await sleep(delay);
    for (let n = 0; n < messages; n++) {
      if (n > 0) await sleep(gap * 1_000);
      await this.#next(this.#load.readAfter === null ? "delivered" : "read");
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#people.map((person) => person.close()));
  }

  #next(until: "delivered" | "read"): Promise<void> {
    const [a, b] = this.#people;
    const [from, to] = this.#load.alternating && this.#random.next() < 0.5 ? [b, a] : [a, b];
    return this.#send(from, to, until);
  }

  async #send(from: Person, to: Person, until: "stored" | "delivered" | "read"): Promise<void> {
    await withTimeout(from.devices[0].send(to.name, bodyOf(++this.#sent)).reached(until), PATIENCE);
  }
}

interface Counts {
  readonly accepted: number;
  readonly rows: number;
  readonly wakes: number;
  readonly calls: number;
  readonly textsIn: number;
  readonly textsOut: number;
}

/** What was counted since the start, when the server has the reports of at least so many messages. */
async function countsOf(url: string, accepted = 0): Promise<Counts> {
  const http = url.replace("ws", "http");
  for (const end = performance.now() + COLLECTED; ; await sleep(ASK_EVERY)) {
    const response = await fetch(`${http}/api/metrics`, { headers: { Authorization: `Bearer ${OPERATOR}` } });
    const text = await response.text();
    const metric = (name: string) =>
      Number(new RegExp(`^restante_${name}_total (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
    const own = (await (await fetch(`${http}/counts`)).json()) as Pick<Counts, "calls" | "textsIn" | "textsOut">;
    if (metric("accepted") >= accepted) {
      const calls = metric("calls");
      // Older code does not count them.
      if (calls >= 0 && calls !== own.calls) throw new Error(`${calls} calls left mailboxes, and ${own.calls} arrived`);
      return { ...own, accepted: metric("accepted"), rows: metric("rows_written"), wakes: metric("wakes") };
    }
    if (performance.now() > end) throw new Error(`${metric("accepted")} of ${accepted} messages are in the metrics`);
  }
}

/** The same number for the same name. */
function hash(name: string): number {
  let sum = 0;
  for (const character of name) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}
