// The SDK as a client under test: commands on stdin, events on stdout (docs/CONFORMANCE.md). What it prints of own
// messages and marks it reads from the commits that are on the disk; everything else from the interface that
// applications use.
import { writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  type Commit,
  connect,
  type Entry,
  type Json,
  type Message,
  type Restante,
} from "../../../src/client/connect.ts";
import { Journal } from "./journal.ts";

/** The commands, with their fields. */
type Command =
  | { do: "open"; url: string; user: string; device: string; state: string; token?: string }
  | { do: "send"; key: string; to: string; body: Json }
  | { do: "read"; peer: string; seq: number }
  | { do: "watch"; peers: string[] }
  | { do: "token"; token: string }
  | { do: "check" }
  | { do: "close" };

/** Prints an event before anything else happens: also where nobody reads and the pipe is full. */
function print(event: Record<string, unknown>): void {
  let rest: Uint8Array = Buffer.from(`${JSON.stringify(event)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

class Adapter {
  readonly me: Restante;
  readonly #journal: Journal;
  #stopWatching: () => void = () => undefined;
  #token: string | undefined;
  #gaps = 0;

  constructor({ url, user, device, state, token }: Command & { do: "open" }) {
    this.#token = token;
    this.#journal = new Journal(join(state, "journal"), (commit) => this.#written(commit));
    const current = token === undefined ? {} : { token: () => this.#token ?? "" };
    this.me = connect({ url, userName: user, device, store: this.#journal, ...current });
    this.me.connection.subscribe(({ is, ...about }) => print({ is, ...("code" in about && { code: about.code }) }));
    this.me.messages.subscribe((message) => this.#show(message));
    this.me.gaps.subscribe((gaps) => {
      if (gaps > this.#gaps) print({ is: "gap" });
      this.#gaps = gaps;
    });
    this.me.presence.subscribe((all) => {
      for (const [name, { online }] of all) print({ is: "presence", user: name, online });
    });
    this.me.typists.subscribe((all) => {
      for (const from of all) print({ is: "typing", from });
    });
  }

  async take(command: Exclude<Command, { do: "open" }>): Promise<void> {
    switch (command.do) {
      case "send":
        return this.#send(command);
      case "read":
        return this.me.read(command.peer, messageAt(command.seq, command.peer, this.me.user));
      case "watch":
        return this.#watch(command.peers);
      case "token":
        this.#token = command.token;
        return;
      case "check":
        return this.me.check();
      case "close":
        await this.me.close();
        process.exit(0);
        break;
      default:
        print({ is: "unsupported", do: (command satisfies never as { do: string }).do });
    }
  }

  /** Each `watch` replaces the one before. */
  #watch(peers: readonly string[]): void {
    this.#stopWatching();
    this.#stopWatching = this.me.presence.watch(peers);
  }

  async #send({ key, to, body }: Command & { do: "send" }): Promise<void> {
    const sent = this.me.send(to, body);
    this.#journal.setName(sent.key, key);
    const { value } = sent.state;
    if (value.is === "failed") return print({ is: "failed", key, code: value.code });
    await sent.kept;
    print({ is: "kept", key });
  }

  /** A commit is on the disk. */
  #written({ entries = [], drafts = [], settled = [], failures = [], rows = [] }: Commit): void {
    const fresh = entries.filter(({ from, seq }) => from === this.me.user && !this.#journal.keys.has(seq));
    for (const entry of fresh) this.#showOwn(entry, rows);
    // Accepted, and no longer found in the log.
    for (const key of settled) if (!entries.some((entry) => entry.key === key)) this.#accept(key, { state: "stored" });
    for (const { key, failed } of drafts) if (failed !== null) this.#fail(key, failed.code);
    for (const { seq, code } of failures) {
      this.#fail(entries.find((entry) => entry.seq === seq)?.key ?? this.#journal.keys.get(seq), code);
    }
    for (const { peer, stored, delivered, read, mine } of rows)
      print({ is: "mark", peer, stored, delivered, read, mine });
  }

  #showOwn({ key, seq, peer, from, body }: Entry, rows: Commit["rows"] = []): void {
    print({ is: "message", seq, from, to: peer, body });
    const isStored = peer === from || rows.some((row) => row.peer === peer && row.stored >= seq);
    this.#accept(key, { seq, state: isStored ? "stored" : "queued" });
  }

  #accept(key: string, about: Record<string, unknown>): void {
    const name = this.#journal.names.get(key);
    if (name !== undefined) print({ is: "accepted", key: name, ...about });
  }

  #show({ seq, from, to, body }: Message): void {
    print({ is: "message", seq, from, to, body });
  }

  #fail(key: string | undefined, code: string): void {
    const name = key === undefined ? undefined : this.#journal.names.get(key);
    if (name !== undefined) print({ is: "failed", key: name, code });
  }
}

/** As much of a message as `read` needs. */
function messageAt(seq: number, peer: string, user: string): Message {
  return { key: "", seq, from: peer, to: user, peer, at: 0, body: null, state: null };
}

let adapter: Adapter | null = null;
let rest = "";
print({ is: "ready", name: "restante sdk" });
// Lines end with LF alone; node:readline also ends them at U+2028.
for await (const text of process.stdin.setEncoding("utf8")) {
  const lines = (rest + String(text)).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const command = JSON.parse(line) as Command;
    if (command.do === "open") adapter = new Adapter(command);
    else void adapter?.take(command);
  }
}
process.exit(0);
