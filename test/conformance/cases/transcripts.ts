// The golden conversations of test/transcripts: a client and a mailbox for each person, frame by frame. A line that the
// adapter protocol has no command for is not played, nor are the frames that the client sends because of it.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Bindings, queryOf, readTranscript, type Step } from "../../transcripts/transcript.ts";
import { type Actor, type Case, type Stage, skip } from "../case.ts";
import type { Frame } from "../frames.ts";
import type { Link } from "../link.ts";

const FOLDER = join(import.meta.dirname, "../../transcripts");

/** The rules that each of them is about. */
const RULES: Readonly<Record<string, string>> = {
  "01-a-first-message.txt": "[S5][E1][E3]",
  "02-back-after-a-loss.txt": "[R1][L4]",
  "03-an-answer-is-lost.txt": "[S2][S8]",
  "04-two-devices.txt": "[L3]",
  "05-a-newer-socket.txt": "[R4][T20]",
  "07-another-epoch.txt": "[R2][T8]",
  "08-typing-and-presence.txt": "[G2][G3]",
  "09-runs.txt": "[F8]",
  "10-early-marks.txt": "[E6][E7]",
};

/** One person's client, its mailbox, and the present connection. */
class Person {
  readonly #stage: Stage;
  readonly #who: string;
  #actor: Actor | null = null;
  link: Link | null = null;
  #undelivered: Frame[] = [];
  #sends = 0;

  constructor(stage: Stage, who: string) {
    this.#stage = stage;
    this.#who = who;
  }

  async connects(query: URLSearchParams): Promise<void> {
    const [user = "", device = ""] = this.#who.replace("'", "").split("/");
    if (this.#actor === null) {
      this.#actor = await this.#stage.another(user, device);
      const { client, mailbox, state } = this.#actor;
      await client.open({ url: mailbox.url, user, device, state });
    }
    this.link = await this.#actor.mailbox.connection();
    for (const [name, value] of query) {
      const came = this.link.query[name];
      if (came === undefined && (name === "runs" || name === "early")) skip(`the client does not ask for \`${name}\``);
      // Without a cursor the epoch means nothing.
      if (came === undefined && name === "epoch" && !query.has("cursor")) continue;
      if (came !== value) throw this.#stage.recording.failure(`Expected ${name}=${value} in the query, came ${came}.`);
    }
    const { cursor = "0" } = this.link.query;
    if (!query.has("cursor") && cursor !== "0")
      throw this.#stage.recording.failure(`Expected no cursor in the query, came ${cursor}.`);
  }

  delivers(frame: Frame): void {
    this.#undelivered.push(frame);
  }

  /** Consecutive frames are one text. */
  flush(): void {
    if (this.#undelivered.length > 0) this.link?.deliver(...this.#undelivered);
    this.#undelivered = [];
  }

  async does(words: string, next: Frame): Promise<void> {
    const [, verb, peer = "", rest = ""] = /^(\w+) ?(\S*) ?(.*)$/.exec(words) ?? [];
    const { client } = this.#actor ?? skip(`${this.#who} has no client`);
    if (verb === "cut") this.link?.cut();
    else if (verb === "is") await client.saw({ is: peer });
    else if (verb === "read") client.do({ do: "read", peer, seq: next["seq"] });
    else if (verb === "watch") client.do({ do: "watch", peers: [peer] });
    else if (verb === "send") {
      const key = `${this.#sends++}`;
      client.do({ do: "send", key, to: peer, body: JSON.parse(rest) as unknown });
      await client.saw({ is: "kept", key });
    } else if (verb !== "typing") throw new Error(`no command for "${words}"`);
  }

  async sends(frame: Frame): Promise<void> {
    const { type, seq } = frame;
    if (this.link === null || type === "typing") return;
    if (type === "ack") return this.link.acked(Number(seq));
    const came = await this.link.next(String(type), `the client sends ${JSON.stringify(frame)}`);
    if (!isDeepStrictEqual(came, frame))
      throw this.#stage.recording.failure(`Expected: ${JSON.stringify(frame)}. Came: ${JSON.stringify(came)}.`);
  }
}

async function playSteps(stage: Stage, steps: readonly Step[]): Promise<void> {
  const bindings = new Bindings();
  const people = new Map<string, Person>();
  const filled = (step: Step | undefined) =>
    step === undefined ? {} : (JSON.parse(bindings.fill(step.text)) as Frame);
  for (const [at, step] of steps.entries()) {
    const { who, kind, text } = step;
    for (const [name, person] of people) if (kind !== "<" || name !== who) person.flush();
    const person = people.get(who) ?? new Person(stage, who);
    people.set(who, person);
    const answer = steps.slice(at + 1).find((later) => later.who === who && later.kind === ">");
    if (kind === "*" && text.startsWith("connect "))
      await person.connects(new URLSearchParams(bindings.fill(queryOf(text))));
    else if (kind === "*") await person.does(text, text.startsWith("read ") ? filled(answer) : {});
    else if (kind === "<") person.delivers(filled(step));
    else await person.sends(filled(step));
  }
  for (const person of people.values()) {
    person.flush();
    const unexpected = person.link?.unexpected[0];
    if (unexpected !== undefined) throw stage.recording.failure(`Unexpected: ${JSON.stringify(unexpected)}.`);
  }
}

const files = globSync("*.txt", { cwd: FOLDER }).toSorted();

export const TRANSCRIPTS: readonly Case[] = files.flatMap((file) => {
  const { alone, steps } = readTranscript(file, readFileSync(join(FOLDER, file), "utf8"));
  const words = file.replace(/^\d+-|\.txt$/g, "").replaceAll("-", " ");
  const name = `${RULES[file] ?? ""} the conversation "${words}" of test/transcripts`.trim();
  return alone === "server" ? [] : [{ name, play: (stage: Stage) => playSteps(stage, steps) }];
});
