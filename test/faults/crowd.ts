// Many people, and what they do all together: come in, talk, settle, and say in the end what they hold. With the server's own word on
// what its mailboxes hold it makes a history. It knows no fault.
import { Bustle } from "./bustle.ts";
import { type Holding, type History, Recorder } from "./history.ts";
import { Gate } from "./gate.ts";
import { Person, type Sdk, wordOf } from "./person.ts";
import type { Server } from "./server.ts";

/** The longest that it takes until everything is where it belongs when the world is well again, ms. */
const SETTLED = 60_000;
/** People who come in, or are asked, at once. */
const AT_ONCE = 50;

export class Crowd extends Bustle {
  readonly recorder = new Recorder();
  readonly people: Person[] = [];
  readonly #server: Server;
  /** Conversations that took place, both ways, as "user peer". */
  readonly #pairs = new Set<string>();

  constructor(server: Server) {
    super();
    this.#server = server;
  }

  /** Brings a device of each user in, and waits until all are. */
  async enter(users: readonly string[], device = "a", sdk?: Sdk): Promise<Person[]> {
    const came: Person[] = [];
    for (const user of users) {
      const gate = await Gate.open(this.#server.port);
      came.push(new Person({ user, device, gate, recorder: this.recorder, ...(sdk && { sdk }) }));
      if (came.length % AT_ONCE === 0) await this.allOnline(came);
    }
    this.people.push(...came);
    await this.allOnline(came);
    return came;
  }

  /** Resolves when each of them is connected. */
  async allOnline(people: readonly Person[] = this.people): Promise<void> {
    await until(() => people.every(({ online }) => online), "not everybody is connected");
  }

  send(from: Person, to: string, more?: unknown): string {
    this.#pairs.add(`${from.user} ${to}`).add(`${to} ${from.user}`);
    return from.send(to, more);
  }

  /** Everybody is back, and everything that was sent has come as far as it can. False if it took too long: the checker says what is missing. */
  async settle(): Promise<boolean> {
    await this.quiet();
    try {
      await this.allOnline();
      await until(() => this.people.every(({ waiting }) => waiting === 0), "not everything was delivered");
      return true;
    } catch {
      return false;
    }
  }

  /** What happened, and what everybody holds now. */
  async history(): Promise<History> {
    const { events, setBack } = this.recorder;
    const holdings = await inTurns([...this.#pairs], (pair) => this.#holdings(pair));
    return { events, setBack, holdings: holdings.flat() };
  }

  async end(): Promise<void> {
    await this.quiet();
    await Promise.all(this.people.map((person) => person.close()));
    for (const { gate } of this.people) gate.close();
  }

  async #holdings(pair: string): Promise<Holding[]> {
    const [user = "", peer = ""] = pair.split(" ");
    const devices = this.people.filter((person) => person.user === user);
    const holdings: Holding[] = [{ user, device: null, peer, messages: await logOf(this.#server.url, user, peer) }];
    for (const person of devices) {
      holdings.push({ user, device: person.device, peer, messages: await person.holds(peer) });
    }
    return holdings;
  }
}

/** Resolves when it is so; rejects with `what` after a minute. */
export async function until(so: () => boolean, what: string, within = SETTLED): Promise<void> {
  const end = performance.now() + within;
  while (!so()) {
    if (performance.now() > end) throw new Error(`${what}, after ${within / 1_000} s`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** One conversation as the mailbox of `user` has it. */
async function logOf(url: string, user: string, peer: string): Promise<Holding["messages"]> {
  const messages: Holding["messages"][number][] = [];
  for (let before = ""; ;) {
    const path = `/api/conversations/${peer}/messages?user=${user}&limit=200${before}`;
    const answer = (await (await fetch(url + path)).json()) as { messages: LogMessage[]; more: boolean };
    messages.unshift(
      ...answer.messages.map(({ seq, from, body, failed }) => {
        return { seq, from, word: wordOf(body), ...(failed !== undefined && { state: "failed" as const }) };
      }),
    );
    if (!answer.more) return messages;
    before = `&before=${answer.messages[0]?.seq}`;
  }
}

interface LogMessage {
  readonly seq: number;
  readonly from: string;
  readonly body: unknown;
  readonly failed?: string;
}

/** Asks for all of them, so many at once. */
async function inTurns<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))));
  }
  return answers;
}
