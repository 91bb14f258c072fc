// The golden conversations against real mailboxes: the test sends the frames of the devices, and the server has to send
// the rest.
import { expect, test } from "vitest";
import { fresh, socketOf, upgrade } from "../support/devices.ts";
import type { Frame, ClientSocket } from "../support/client-socket.ts";
import { Bindings, queryOf, readTranscript } from "./transcript.ts";

const texts = import.meta.glob<string>("./*.txt", { query: "?raw", import: "default", eager: true });
const all = Object.entries(texts).map(([name, text]) => readTranscript(name, text));

/** A device, whose frames are taken one by one, however many a text contains. */
class Speaker {
  readonly #line: ClientSocket;
  readonly #frames: Frame[] = [];
  #unsaid: string[] = [];

  constructor(line: ClientSocket) {
    this.#line = line;
  }

  say(frame: string): void {
    this.#unsaid.push(frame);
  }

  flush(): void {
    if (this.#unsaid.length > 0) this.#line.sendText(`[${this.#unsaid.join(",")}]`);
    this.#unsaid = [];
  }

  async next(): Promise<Frame> {
    while (this.#frames.length === 0) this.#frames.push(...([JSON.parse(await this.#line.text())].flat() as Frame[]));
    return this.#frames.shift() ?? {};
  }

  cut(): void {
    this.#line.close();
  }
}

test("there are more than five conversations", () => {
  expect(all.length).toBeGreaterThan(5);
});

test.each(all.filter(({ alone }) => alone !== "client"))("the server plays $name", async ({ steps }) => {
  const bindings = new Bindings();
  const speakers = new Map<string, Speaker>();
  // No other conversation has these mailboxes.
  const names = new Map(steps.map(({ who }) => who.replace(/\/.*/, "")).map((name) => [name, fresh(name)]));
  const named = (words: string) => words.replace(/"(\w+)"/g, (_, name: string) => `"${names.get(name) ?? name}"`);
  for (const { who, kind, text: words } of steps) {
    const text = named(words);
    for (const [name, speaker] of speakers) if (kind !== ">" || name !== who) speaker.flush();
    if (kind === "*" && text.startsWith("connect ")) {
      const path = `/client/${names.get(who.replace(/\/.*/, ""))}?${bindings.fill(queryOf(text))}`;
      speakers.set(who, new Speaker(socketOf(await upgrade(path, "restante.v1"))));
    } else if (kind === "*" && text === "cut") speakers.get(who)?.cut();
    else if (kind === ">") speakers.get(who)?.say(bindings.fill(text));
    else if (kind === "<") {
      const frame = await speakers.get(who)?.next();
      expect(frame, `${who} < ${text}`).toEqual(bindings.bind(text, frame));
    }
  }
  for (const speaker of speakers.values()) speaker.flush();
});
