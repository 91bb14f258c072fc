// A socket to the model of a mailbox: texts that arrive in later tasks, in parts, with runs or without, until it is cut.
import { FakeSocket, type SocketOwner } from "../../src/testing/fake-socket.ts";
import type { Random } from "../chaos/random.ts";
import { encodeRuns } from "../support/encode-runs.ts";

export type Frame = Record<string, unknown>;

/** The mailbox's side, which notes what has reached the client. */
interface NotingOwner extends SocketOwner {
  reached(frame: Frame): void;
}

export class ModelSocket extends FakeSocket {
  /** Whether this mailbox sends runs, where it is asked to: an older one does not. */
  readonly runs: boolean;
  readonly #model: NotingOwner;
  readonly #random: Random;

  constructor(url: string, model: NotingOwner, random: Random) {
    super(url, model);
    this.runs = this.url.searchParams.get("runs") === "1" && random.chance(0.75);
    this.#model = model;
    this.#random = random;
  }

  /** With runs, all frames of one task are one text; without, each is one of its own. */
  override deliver(frame: unknown): void {
    if (this.runs) super.deliver(frame);
    else this.deliverAll([frame]);
  }

  /** The first frames of a connection, in several texts; it may be cut after any of them. */
  deliverInParts(frames: readonly unknown[], cut: number): void {
    for (let at = 0; at < frames.length && this.isLive;) {
      const size = 1 + this.#random.below(5);
      this.deliverAll(frames.slice(at, at + size));
      at += size;
      if (this.#random.chance(cut)) this.end();
    }
  }

  protected override encode(frames: readonly Frame[]): string {
    const encoded = this.runs ? encodeRuns(frames, () => this.#random.chance(0.8)) : frames;
    return JSON.stringify(encoded.length === 1 ? encoded[0] : encoded);
  }

  protected override arrived(frames: readonly Frame[]): void {
    for (const frame of frames) this.#model.reached(frame);
  }
}
