// A store on the disk for the SDK in Node: each commit is one line of a file, which is read again at the start. The
// records themselves are in memory. It knows nothing of what a commit means.
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import {
  type Commit,
  type Kept,
  memoryStore,
  type Piece,
  type Position,
  type Store,
} from "../../../src/client/connect.ts";

/** One line. `names`: how the adapter's user calls the drafts of this commit. */
interface Line {
  readonly first?: Position;
  readonly commit?: Commit;
  readonly names?: readonly (readonly [key: string, name: string])[];
}

export class Journal implements Store {
  readonly lasting = true;
  /** How the adapter's user calls a message, by the key of its draft. */
  readonly names = new Map<string, string>();
  /** The keys of the entries, by their seqs: a later entry with the same seq only replaces a record. */
  readonly keys = new Map<number, string>();
  #epoch: string | null = null;
  readonly #path: string;
  readonly #written: (commit: Commit) => void;
  readonly #records = memoryStore();
  #file = -1;
  #newNames: [key: string, name: string][] = [];

  /** `written` is called with each commit that is on the disk. */
  constructor(path: string, written: (commit: Commit) => void) {
    this.#path = path;
    this.#written = written;
  }

  /** Names a draft; the name is stored together with it. */
  setName(key: string, name: string): void {
    this.names.set(key, name);
    this.#newNames.push([key, name]);
  }

  async open(name: string, first: Position): Promise<Kept> {
    let kept: Kept | null = null;
    for (const line of this.#lines()) {
      if (line.first !== undefined) kept = await this.#records.open(name, line.first);
      for (const [key, named] of line.names ?? []) this.names.set(key, named);
      if (line.commit === undefined) continue;
      await this.#records.write(line.commit);
      this.#remember(line.commit);
    }
    this.#file = openSync(this.#path, "a");
    if (kept === null) this.#append({ first });
    // A copy: changes that a client makes to its records are not on the disk.
    return structuredClone(await this.#records.open(name, first));
  }

  async write(commit: Commit): Promise<void> {
    const names = this.#newNames;
    this.#newNames = [];
    this.#append({ commit, names });
    await this.#records.write(structuredClone(commit));
    this.#written(commit);
    this.#remember(commit);
  }

  async piece(peer: string, before: number, limit: number): Promise<Piece> {
    return this.#records.piece(peer, before, limit);
  }

  async close(): Promise<void> {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }

  /** In another epoch the seqs begin anew. */
  #remember({ position, entries = [] }: Commit): void {
    if (position !== undefined && position.epoch !== this.#epoch) this.keys.clear();
    this.#epoch = position?.epoch ?? this.#epoch;
    for (const { seq, key } of entries) this.keys.set(seq, key);
  }

  /** Without fsync: it outlives the process, which is what the runner kills, and not the machine. */
  #append(line: Line): void {
    writeFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  /** The lines that are whole. What a crash left behind the last of them is cut off. */
  #lines(): Line[] {
    let text = "";
    try {
      text = readFileSync(this.#path, "utf8");
    } catch {
      return [];
    }
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(this.#path, Buffer.byteLength(whole));
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }
}
