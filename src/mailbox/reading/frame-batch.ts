// What the pump says to one socket at a time: as many log frames as its window takes. Neighbours that differ only by what counts up are
// one frame, where the device asked for runs.
import { isMessage } from "../../durable/log/kinds.ts";
import { LIMITS, utf8Bytes } from "../../protocol/limits.ts";
import { type Entry, continuesRun } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";

/** Bytes of the frame of a run. Answers: a frame that no text can carry. */
const RUN_BYTES = 250_000;
/** What the frame of a run has beyond that of its first message and the other bodies, in bytes, at most. */
const RUN_HEAD = 24;

/** What a socket may still be sent. `free`: nothing is on its way, so one frame may go, however large. */
export interface FlowWindow {
  readonly frames: number;
  readonly bytes: number;
  readonly free: boolean;
}

/** Entries and marks, by the frame that a socket is to have of each. */
export interface Writer {
  /** The frame of an item, or, with several bodies, of the run of which it is the last; null where the socket gets none. */
  write(item: Entry | Peer, bodies?: readonly string[]): string | null;
  /** Whether the frame of a message has no body. */
  isBare(entry: Entry): boolean;
}

/** What may yet become the frame of a run. */
interface Run {
  readonly place: number;
  readonly bare: boolean;
  readonly bodies: string[];
  last: Entry;
  bytes: number;
}

export class FrameBatch {
  readonly frames: string[] = [];
  /** How many entries and marks they speak of, at how many bytes, and the seq of the last. */
  count = 0;
  bytes = 0;
  last = 0;
  readonly #writer: Writer;
  readonly #runs: boolean;
  #left: number;
  #bytesLeft: number;
  #free: boolean;
  #run: Run | null = null;

  constructor({ frames, bytes, free }: FlowWindow, writer: Writer, runs: boolean) {
    this.#left = frames;
    this.#bytesLeft = bytes;
    this.#free = free;
    this.#writer = writer;
    this.#runs = runs;
  }

  /** Says one more. False if the window does not take it. */
  add(item: Entry | Peer): boolean {
    const isEntry = "seq" in item;
    const run = this.#run;
    if (run !== null && isEntry && continuesRun(run.last, item) && run.bare === this.#writer.isBare(item)) {
      const size = (run.bodies.length === 1 ? RUN_HEAD : 0) + (run.bare ? 0 : utf8Bytes(item.body) + 1);
      const fits = run.bytes + size <= RUN_BYTES && run.bodies.length < LIMITS.frames;
      if (fits) return this.#goOn(run, item, size);
    }
    const frame = this.#writer.write(item);
    if (frame === null) return true;
    const size = utf8Bytes(frame);
    if (!this.#takes(size)) return false;
    this.close();
    this.last = isEntry ? item.seq : item.mark;
    const place = this.frames.push(frame) - 1;
    if (this.#runs && isEntry && isMessage(item.kind)) {
      this.#run = { place, bare: this.#writer.isBare(item), bodies: [item.body], last: item, bytes: size };
    }
    return true;
  }

  /** Nothing more is added. */
  close(): void {
    const run = this.#run;
    this.#run = null;
    if (run === null || run.bodies.length === 1) return;
    const frame = this.#writer.write(run.last, run.bodies);
    if (frame === null) throw new Error("a run of what has no frame");
    this.frames[run.place] = frame;
  }

  #goOn(run: Run, entry: Entry, size: number): boolean {
    if (!this.#takes(size)) return false;
    run.last = entry;
    run.bodies.push(entry.body);
    run.bytes += size;
    this.last = entry.seq;
    return true;
  }

  #takes(size: number): boolean {
    if (!this.#free && (this.#left <= 0 || size > this.#bytesLeft)) return false;
    this.#free = false;
    this.#left--;
    this.#bytesLeft -= size;
    this.bytes += size;
    this.count++;
    return true;
  }
}
