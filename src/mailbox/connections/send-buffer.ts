// The send buffer of one connection: frames until the flush sends them, and the `accepted` that may become one for a
// run. It knows no WebSocket beyond `send`.
import { type AcceptedState, writeAccepted } from "../../protocol/down.ts";
import { type AcceptedRun, extendRun } from "./accepted-run.ts";
import { TextPace } from "../reading/text-pace.ts";
import { encodeTexts } from "./encode-texts.ts";

/** `runs`: the device reads frames for runs. `batches`: it reads texts of several frames. */
interface OutputFormat {
  readonly runs: boolean;
  readonly batches: boolean;
}

export class SendBuffer {
  /** Bytes of answers and signals queued since the device last acknowledged anything, as far as this instance knows. */
  unreadBytes = 0;
  readonly pace = new TextPace();
  readonly #format: OutputFormat;
  /** Texts that are complete; the frames follow them. */
  #texts: string[] = [];
  #frames: string[] = [];
  /** The answer to the last sends. It follows the frames, and may become one for a run. */
  #accepted: AcceptedRun | null = null;
  /** `held`: all frames in it can wait for the next frame that can't. */
  #state: "empty" | "held" | "due" = "empty";

  constructor(format: OutputFormat) {
    this.#format = format;
  }

  /** `held` frames wait for another frame, or for `release`; `due` ones leave with the next flush. */
  get state(): "empty" | "held" | "due" {
    return this.#state;
  }

  queueFrame(frame: string): void {
    this.#state = "due";
    this.unreadBytes += frame.length;
    this.#closeAccepted();
    this.#frames.push(frame);
  }

  /** Answers a send; several in a row with one frame, where the device reads runs. */
  queueAccepted(id: number, state: AcceptedState, entry?: { readonly seq: number; readonly at: number }): void {
    if (!this.#format.runs) return this.queueFrame(writeAccepted(id, state, entry));
    this.#state = "due";
    if (this.#accepted !== null && extendRun(this.#accepted, id, state, entry)) return;
    this.#closeAccepted();
    this.#accepted = { id, state, entry, count: 1 };
  }

  /**
   * Queues one frame of the log or more. `canWait`: they may leave with the next frame that can't. `textEnds`: after
   * how many of them a text ends; then the first of them begins one, so that texts end where parts do.
   */
  queueLogFrames(frames: readonly string[], canWait: boolean, textEnds: readonly number[]): void {
    if (!canWait) this.#state = "due";
    else if (this.#state === "empty") this.#state = "held";
    this.#closeAccepted();
    if (textEnds.length > 0) return this.#queueTexts(frames, [...textEnds, frames.length]);
    for (const frame of frames) this.#frames.push(frame);
  }

  /** What follows is in another text. */
  endText(): void {
    this.#closeAccepted();
    for (const text of this.#encode(this.#frames)) this.#texts.push(text);
    this.#frames = [];
  }

  /** Held frames waited long enough. */
  release(): void {
    if (this.#state === "held") this.#state = "due";
  }

  /** Sends what is in it, as few texts as the format allows. A connection that is already gone throws. */
  sendTo(ws: { send(text: string): void }): void {
    this.#closeAccepted();
    const [texts, frames] = [this.#texts, this.#frames];
    if (texts.length > 0) this.#texts = [];
    this.#frames = [];
    this.#state = "empty";
    for (const text of texts) ws.send(text);
    for (const text of this.#encode(frames)) ws.send(text);
  }

  /** `ends`: after how many of the frames each of the texts ends; the last one goes on. */
  #queueTexts(frames: readonly string[], ends: readonly number[]): void {
    let start = 0;
    for (const end of ends) {
      this.endText();
      for (const frame of frames.slice(start, end)) this.#frames.push(frame);
      start = end;
    }
  }

  #encode(frames: readonly string[]): readonly string[] {
    return this.#format.batches ? encodeTexts(frames, this.pace.textBytes) : frames;
  }

  #closeAccepted(): void {
    const accepted = this.#accepted;
    if (accepted === null) return;
    this.#accepted = null;
    const frame = writeAccepted(accepted.id, accepted.state, accepted.entry, accepted.count);
    this.unreadBytes += frame.length;
    this.#frames.push(frame);
  }
}
