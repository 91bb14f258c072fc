// The log frames that the pump sends one reader at a time: as many as its window takes, in texts and parts. Where the
// device asked for runs, neighbours that differ only in their bodies and in numbers that count up are one frame.
import { type FlowWindow, isWholePart } from "./flow-window.ts";
import type { UnackedPart } from "./log-reader.ts";
import { isMessage } from "../../durable/log/kinds.ts";
import { LIMITS, utf8Bytes } from "../../protocol/limits.ts";
import { type Entry, continuesRun } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";

/** Bytes of the frame of a run. Answers: a frame that no text can carry. */
const RUN_BYTES = 250_000;
/** Bytes that the frame of a run has at most beyond the frame of its first message and the other bodies. */
const RUN_HEAD_BYTES = 24;

/** The brackets of an array; each frame has a comma too. */
const EMPTY_TEXT_BYTES = 2;

/** Writes the frames of entries and marks for one reader. */
export interface FrameWriter {
  /** The frame of an item, or, with several bodies, of the run that it ends; null where the reader gets none. */
  write(item: Entry | Peer, bodies?: readonly string[]): string | null;
  /** Whether the frame of a message has no body. */
  isBare(entry: Entry): boolean;
}

/** A message that may become the frame of a run. `index`: the place of its frame. */
interface Run {
  readonly index: number;
  readonly bare: boolean;
  readonly bodies: string[];
  last: Entry;
  bytes: number;
}

export class FrameBatch {
  readonly frames: string[] = [];
  /** The number of entries and marks in the frames. */
  count = 0;
  /** The parts in which they are acknowledged; the last one is added by `close`. */
  readonly parts: UnackedPart[] = [];
  /** After how many frames each text ends, but for the last one. A part ends there too. */
  readonly textEnds: number[] = [];
  readonly #maxTextBytes: number;
  #textBytes = EMPTY_TEXT_BYTES;
  #partCount = 0;
  #partBytes = 0;
  /** The seq of the last entry or mark. */
  #last = 0;
  readonly #writer: FrameWriter;
  readonly #runs: boolean;
  #framesLeft: number;
  #bytesLeft: number;
  #free: boolean;
  #run: Run | null = null;

  /** `textBytes`: those of a text, at most; a larger frame is a text by itself. */
  constructor({ frames, bytes, free }: FlowWindow, writer: FrameWriter, runs: boolean, textBytes: number) {
    this.#maxTextBytes = textBytes;
    this.#framesLeft = frames;
    this.#bytesLeft = bytes;
    this.#free = free;
    this.#writer = writer;
    this.#runs = runs;
  }

  /** Adds one more. False if the window does not take it. */
  add(item: Entry | Peer): boolean {
    const isEntry = "seq" in item;
    const run = this.#run;
    if (run !== null && isEntry && continuesRun(run.last, item) && run.bare === this.#writer.isBare(item)) {
      const size = (run.bodies.length === 1 ? RUN_HEAD_BYTES : 0) + (run.bare ? 0 : utf8Bytes(item.body) + 1);
      const fits = run.bytes + size <= RUN_BYTES && run.bodies.length < LIMITS.frames;
      if (fits && this.#fitsText(size)) return this.#extendRun(run, item, size);
    }
    const frame = this.#writer.write(item);
    if (frame === null) return true;
    const size = utf8Bytes(frame);
    if (!this.#fitsText(size)) this.#endText();
    if (!this.#takes(size, isEntry ? item.seq : item.markSeq)) return false;
    this.#closeRun();
    const index = this.frames.push(frame) - 1;
    if (this.#runs && isEntry && isMessage(item.kind)) {
      this.#run = { index, bare: this.#writer.isBare(item), bodies: [item.body], last: item, bytes: size };
    }
    return true;
  }

  #fitsText(size: number): boolean {
    return this.#textBytes + size < this.#maxTextBytes;
  }

  /** Ends the text, and the part with it: so an ack of a whole text frees whole parts. */
  #endText(): void {
    if (this.#textBytes === EMPTY_TEXT_BYTES) return;
    this.#closeRun();
    if (this.#partCount > 0) this.#endPart();
    this.textEnds.push(this.frames.length);
    this.#textBytes = EMPTY_TEXT_BYTES;
  }

  /** Writes the run that is open, and ends the last part; nothing more is added. */
  close(): void {
    this.#closeRun();
    if (this.#partCount > 0) this.#endPart();
  }

  #closeRun(): void {
    const run = this.#run;
    this.#run = null;
    if (run === null || run.bodies.length === 1) return;
    const frame = this.#writer.write(run.last, run.bodies);
    if (frame === null) throw new Error("the entries of a run have no frame");
    this.frames[run.index] = frame;
  }

  #extendRun(run: Run, entry: Entry, size: number): boolean {
    if (!this.#takes(size, entry.seq)) return false;
    run.last = entry;
    run.bodies.push(entry.body);
    run.bytes += size;
    return true;
  }

  #takes(size: number, seq: number): boolean {
    if (!this.#free && (this.#framesLeft <= 0 || size > this.#bytesLeft)) return false;
    this.#free = false;
    this.#framesLeft--;
    this.#bytesLeft -= size;
    this.count++;
    this.#last = seq;
    this.#partBytes += size;
    this.#textBytes += size + 1;
    if (isWholePart(++this.#partCount, this.#partBytes)) this.#endPart();
    return true;
  }

  #endPart(): void {
    this.parts.push([this.#last, this.#partCount, this.#partBytes]);
    this.#partCount = this.#partBytes = 0;
  }
}
