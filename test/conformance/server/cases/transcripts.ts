// The golden conversations of test/transcripts, played against the deployment: the suite sends the frames of the
// devices, and the server has to send the rest.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Bindings, queryOf, readTranscript, type Transcript } from "../../../transcripts/transcript.ts";
import { type ServerCase, serverCase } from "../case.ts";
import { framesOf } from "../device.ts";
import type { Frame, Socket } from "../socket.ts";
import type { User } from "../target.ts";
import type { World } from "../world.ts";
import { Failure } from "../../recording.ts";

const FOLDER = resolve(import.meta.dirname, "../../../transcripts");

/** Which rules a conversation shows, by the number of its file. */
const RULES: Readonly<Record<string, string>> = {
  "01": "[S5][E1][E3]",
  "02": "[R1][L4]",
  "03": "[S2]",
  "04": "[L3][L6]",
  "05": "[R4]",
  "06": "[S4]",
  "08": "[G1]",
  "09": "[F8]",
  "10": "[E6]",
};

/** A device of a conversation. */
class Speaker {
  readonly #socket: Socket;
  readonly #world: World;
  readonly #user: User;
  readonly #frames: Frame[] = [];
  #unsaid: string[] = [];

  constructor(socket: Socket, world: World, user: User) {
    this.#socket = socket;
    this.#world = world;
    this.#user = user;
  }

  /** Consecutive frames of a device are one text. */
  say(frame: string): void {
    this.#unsaid.push(frame);
  }

  flush(): void {
    if (this.#unsaid.length > 0) this.#socket.send(`[${this.#unsaid.join(",")}]`);
    this.#unsaid = [];
  }

  /** The next frame. Where the deployment has requests, the user accepts each of them ([Q3]). */
  async next(): Promise<Frame | null> {
    for (;;) {
      const frame = await this.#take();
      if (frame?.["type"] !== "peer") return frame;
      if (frame["standing"] !== "request") continue;
      await this.#world.http("PUT", `/api/contacts/${String(frame["peer"])}`, { user: this.#user });
    }
  }

  /** Ends the connection when the server has read what was sent. */
  async cut(): Promise<void> {
    this.#socket.close();
    await this.#socket.closed();
  }

  async #take(): Promise<Frame | null> {
    if (this.#frames.length === 0) {
      const text = await this.#socket.text();
      if (text === null) return null;
      this.#frames.push(...framesOf(text));
    }
    return this.#frames.shift() ?? null;
  }
}

async function play({ steps }: Transcript, world: World): Promise<void> {
  const bindings = new Bindings();
  const speakers = new Map<string, Speaker>();
  const users = new Map<string, User>();
  for (const name of new Set(steps.map(({ who }) => ownerOf(who)))) users.set(name, await world.fresh(name));
  const named = (words: string) => words.replace(/"(\w+)"/g, (_, name: string) => `"${users.get(name)?.name ?? name}"`);
  for (const { who, kind, text: words } of steps) {
    const text = named(words);
    const user = users.get(ownerOf(who));
    if (user === undefined) continue;
    for (const [name, speaker] of speakers) if (kind !== ">" || name !== who) speaker.flush();
    if (kind === "*" && text.startsWith("connect ")) {
      const query = Object.fromEntries(new URLSearchParams(bindings.fill(queryOf(text))));
      speakers.set(who, new Speaker(world.socketOf(await world.upgrade(user, query)), world, user));
    } else if (kind === "*" && text === "cut") await speakers.get(who)?.cut();
    else if (kind === ">") speakers.get(who)?.say(bindings.fill(text));
    else if (kind === "<") {
      const frame = (await speakers.get(who)?.next()) ?? null;
      compare(`${who} < ${text}`, bindings.bind(text, frame ?? {}), frame);
    }
  }
  for (const speaker of speakers.values()) speaker.flush();
}

/** Each expected field has to be there with this value; a newer server may have more ([V1]). */
function compare(line: string, expected: unknown, actual: Frame | null): void {
  const fields = Object.entries(expected as Frame);
  if (actual !== null && fields.every(([name, value]) => isDeepStrictEqual(actual[name], value))) return;
  throw new Failure(`${line}\n  expected ${JSON.stringify(expected)}\n  received ${JSON.stringify(actual)}`);
}

/** `alice` of `alice/phone`. */
function ownerOf(who: string): string {
  return who.replace(/\/.*/, "");
}

export const transcripts: readonly ServerCase[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".txt"))
  .toSorted()
  .map((file) => readTranscript(file, readFileSync(join(FOLDER, file), "utf8")))
  .filter(({ alone }) => alone !== "client")
  .map((transcript) => {
    const rules = RULES[transcript.name.slice(0, 2)];
    const words = transcript.name.replace(/^\d+-|\.txt$/g, "").replaceAll("-", " ");
    return serverCase(`${rules === undefined ? "" : `${rules} `}the server plays the transcript "${words}"`, (world) =>
      play(transcript, world),
    );
  });
