// The golden conversations against the SDK: the test says what the mailbox says, and does what a person does; the SDK has to say the rest.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connect, type Json, memoryStore, type Restante } from "../../src/client/connect.ts";
import { type Frame, type Link, links, advance, PAUSE, settle, playNetwork } from "../client/scripted.ts";
import { Bindings, queryOf, readTranscript } from "./transcript.ts";

const files = globSync("*.txt", { cwd: import.meta.dirname }).toSorted();
const all = files.map((file) => readTranscript(file, readFileSync(join(import.meta.dirname, file), "utf8")));

beforeEach(playNetwork);

/** Somebody with the SDK, and the connection that it has at the moment. */
class Person {
  readonly me: Restante;
  #link: Link | null = null;
  #untold: Frame[] = [];
  #said: Frame[] = [];

  constructor(who: string) {
    const [userName = "", device = ""] = who.replace("'", "").split("/");
    this.me = connect({ url: "http://mailbox.test", userName, device, store: memoryStore() });
    onTestFinished(() => this.me.close());
  }

  /** The connection that the SDK has made by itself. */
  async connected(query: string): Promise<void> {
    await advance(PAUSE);
    this.#link = links.at(-1) ?? null;
    this.#said = [];
    // It asks every mailbox for runs, and does without where the welcome does not grant them.
    const asked = new Set([...query.split("&"), "runs=1"]);
    expect(new Set(this.#link?.url.search.slice(1).split("&"))).toEqual(asked);
    expect(this.#link?.url.pathname).toBe(`/client/${this.me.user}`);
  }

  tell(frame: Frame): void {
    this.#untold.push(frame);
  }

  /** What the mailbox says at once is one text. */
  async flush(): Promise<void> {
    if (this.#untold.length > 0) await this.#link?.deliver(...this.#untold);
    this.#untold = [];
    await settle();
  }

  /** The next frame that the SDK says. */
  async next(): Promise<Frame | undefined> {
    this.#said.push(...((await this.#link?.sent()) ?? []));
    return this.#said.shift();
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
    else if (kind === "<") person.tell(JSON.parse(bindings.fill(text)) as Frame);
    else expect(await person.next(), `${who} > ${text}`).toEqual(JSON.parse(bindings.fill(text)));
  }
  // And nothing that does not stand there.
  for (const [who, person] of people) {
    await person.flush();
    expect(await person.next(), who).toBeUndefined();
  }
});
