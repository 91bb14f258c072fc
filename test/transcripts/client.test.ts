// The golden conversations against the SDK: the test sends the frames of the mailbox and acts for the person; the SDK
// has to send the rest.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connect, type Json, memoryStore, type Restante } from "../../src/client/connect.ts";
import { type Frame, type Link, links, ACK_DELAY, advance, PAUSE, settle, playNetwork } from "../client/scripted.ts";
import { Bindings, queryOf, readTranscript } from "./transcript.ts";

const files = globSync("*.txt", { cwd: import.meta.dirname }).toSorted();
const all = files.map((file) => readTranscript(file, readFileSync(join(import.meta.dirname, file), "utf8")));

beforeEach(playNetwork);

/** A person with the SDK, and its present connection. */
class Person {
  readonly me: Restante;
  #link: Link | null = null;
  #unsent: Frame[] = [];
  #sent: Frame[] = [];

  constructor(who: string) {
    const [userName = "", device = ""] = who.replace("'", "").split("/");
    this.me = connect({ url: "http://mailbox.test", userName, device, store: memoryStore() });
    onTestFinished(() => this.me.close());
  }

  /** Takes the connection that the SDK has opened. */
  async connected(query: string): Promise<void> {
    await advance(PAUSE);
    this.#link = links.at(-1) ?? null;
    this.#sent = [];
    // The SDK asks every mailbox for runs and early marks, and does without those that `welcome` does not grant. It
    // numbers its attempts for every mailbox, too.
    const asked = { ...Object.fromEntries(new URLSearchParams(query)), runs: "1", early: "1" };
    expect(this.#link?.query).toEqual(asked);
    expect(this.#link?.url.pathname).toBe(`/client/${this.me.user}`);
  }

  deliver(frame: Frame): void {
    this.#unsent.push(frame);
  }

  /** Consecutive frames of the mailbox are one text. */
  async flush(): Promise<void> {
    if (this.#unsent.length > 0) await this.#link?.deliver(...this.#unsent);
    this.#unsent = [];
    await settle();
  }

  /** The next frame that the SDK sends. An ack may wait for it. */
  async next(): Promise<Frame | undefined> {
    this.#sent.push(...((await this.#link?.sent()) ?? []));
    if (this.#sent.length > 0) return this.#sent.shift();
    await advance(ACK_DELAY);
    this.#sent.push(...((await this.#link?.sent()) ?? []));
    return this.#sent.shift();
  }

  async does(words: string): Promise<void> {
    const [, verb, peer = "", rest = ""] = /^(\w+) ?(\S*) ?(.*)$/.exec(words) ?? [];
    if (verb === "cut") await this.#link?.cut();
    else if (verb === "send") this.me.send(peer, JSON.parse(rest) as Json);
    else if (verb === "read") this.me.read(peer);
    else if (verb === "typing") this.me.typing(peer);
    else if (verb === "watch") this.me.presence.watch([peer]);
    else if (verb === "is") expect(this.me.connection.value.is).toBe(peer);
    else throw new Error(`nobody knows how to "${words}"`);
    await settle();
  }
}

test.each(all.filter(({ alone }) => alone !== "server"))("the SDK plays $name", async ({ steps }) => {
  const bindings = new Bindings();
  const people = new Map<string, Person>();
  for (const { who, kind, text } of steps) {
    for (const [name, person] of people) if (kind !== "<" || name !== who) await person.flush();
    const person = people.get(who) ?? new Person(who);
    people.set(who, person);
    if (kind === "*" && text.startsWith("connect ")) await person.connected(bindings.fill(queryOf(text)));
    else if (kind === "*") await person.does(text);
    else if (kind === "<") person.deliver(JSON.parse(bindings.fill(text)) as Frame);
    else expect(await person.next(), `${who} > ${text}`).toEqual(JSON.parse(bindings.fill(text)));
  }
  // The SDK sends nothing else.
  for (const [who, person] of people) {
    await person.flush();
    expect(await person.next(), who).toBeUndefined();
  }
});
