// What this device sends: each draft is kept with its id until the mailbox has answered, whatever happens to connections
// meanwhile. It knows the numbering of ids and the size of a text; no socket, no cursor, and nothing of what others write.
import { bodyOf, type Down, type Welcome } from "../protocol/down.ts";
import { FRAMES, TEXT_BYTES, utf8Bytes } from "../protocol/limits.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import type { Draft } from "./store.ts";

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

/** What the outbox tells its owner. */
export interface OutboxEvents {
  settled(key: string): void;
  /** A wait that the mailbox asked for is over. */
  ready(): void;
}

/** Keys of drafts that are remembered, at least. */
const KNOWN = 10_000;

/** waits: to be said on the present connection. under way: in the text that is out. taken: the log has shown it, and the answer is still to come. */
type Step = "waits" | "under way" | "taken";

/** A draft as it changes. */
type Item = { -readonly [Field in keyof Draft]: Draft[Field] } & {
  step: Step;
  /** Whether it differs from what was handed out last. */
  changed: boolean;
};

/** Messages that are one frame: ids in a row, of which this is the last. */
interface Run {
  id: number;
  readonly to: string;
  readonly bodies: string[];
}

/** Bytes of a frame that are neither the receiver nor bodies, with what is before it, at most. */
const HEAD = 58;

const hasId = (item: Item, id: number) => item.id === id;
const hasSeq = (item: Item, seq: number) => item.seq === seq;

export class Outbox {
  readonly #events: OutboxEvents;
  /** In the order of sending, until they are answered, dropped, or refused for good. */
  readonly #items = new OrderedQueue<Item>();
  #changed: Item[] = [];
  /** Drafts of the text that is under way. One at a time: so an answer never speaks of an older numbering. */
  #underWay = 0;
  /** The latest drafts that the store had: another tab's word of one may come after it was sent. */
  #known = new Set<string>();
  #knownBefore: ReadonlySet<string> = new Set();
  /** Whether the mailbox reads runs. */
  #runs = false;
  #limits: { readonly frames: number; readonly textBytes: number } = { frames: FRAMES, textBytes: TEXT_BYTES };
  /** As the last `welcome` said: ids up to here are used for ever. */
  #lastId = 0;
  #nextId = 1;
  #open = false;
  #held: ReturnType<typeof setTimeout> | undefined;

  constructor(events: OutboxEvents) {
    this.#events = events;
  }

  /** Takes a draft, to be sent when it can be. `kept`: the store has it already. */
  add(draft: Draft, kept: boolean): void {
    if (kept) {
      if (this.#known.has(draft.key) || this.#knownBefore.has(draft.key)) return;
      this.#known.add(draft.key);
      if (this.#known.size >= KNOWN) {
        this.#knownBefore = this.#known;
        this.#known = new Set();
      }
    }
    if (draft.failed !== null) return;
    const { key, peer, at, body, id, seq, failed } = draft;
    const item: Item = { key, peer, at, body, id, seq, failed, step: "waits", changed: false };
    this.#items.set(item);
    if (!kept) this.#change(item);
  }

  /** A connection begins. What the mailbox took keeps its id, to be answered again; everything else gets the next ones. */
  begin({ lastId, limits, runs = false }: Welcome, sameLife: boolean): void {
    this.#open = true;
    this.#runs = runs;
    this.#limits = limits;
    this.#lastId = lastId;
    this.#nextId = lastId + 1;
    this.#underWay = 0;
    for (const item of this.#items.values()) {
      item.step = "waits";
      if (item.id === null || (sameLife && item.id <= lastId)) continue;
      item.id = item.seq = null;
      this.#change(item);
    }
  }

  /** The connection is over. */
  end(): void {
    this.#open = false;
  }

  /** Everything that waits, as one text within the limits; null while a text is under way, and where nothing waits. */
  next(): string | null {
    if (!this.#open || this.#held !== undefined || this.#underWay > 0) return null;
    const runs: Run[] = [];
    let bytes = 2;
    for (const item of this.#items.values()) {
      if (item.step !== "waits") continue;
      const id = item.id ?? this.#nextId;
      const to = item.peer;
      const body = JSON.stringify(item.body);
      const run = runs.at(-1);
      const goesOn = this.#runs && run?.to === to && run.id === id - 1;
      bytes += utf8Bytes(body) + (goesOn ? 1 : HEAD + utf8Bytes(to));
      if (this.#underWay > 0 && (this.#underWay >= this.#limits.frames || bytes > this.#limits.textBytes)) break;
      this.#underWay++;
      item.step = "under way";
      if (item.id === null) {
        this.#nextId++;
        item.id = id;
        this.#change(item);
      }
      if (goesOn) {
        run.id = id;
        run.bodies.push(body);
      } else runs.push({ id, to, bodies: [body] });
    }
    const frames = runs.map(write);
    return frames.length > 1 ? `[${frames.join(",")}]` : (frames[0] ?? null);
  }

  /** The drafts that have changed since they were last asked for: to be kept before the next text is said. */
  changes(): Draft[] {
    const drafts: Draft[] = [];
    for (const item of this.#changed) {
      const { key, peer, at, body, id, seq, failed, changed } = item;
      if (changed) drafts.push({ key, peer, at, body, id, seq, failed });
      item.changed = false;
    }
    this.#changed = [];
    return drafts;
  }

  /** The log shows this device's message: it was taken, though the answer may still wait for the receiver. */
  taken(run: Frame<"message">, back: number): boolean {
    const item = this.#items.find(hasId, (run.id ?? 0) - back);
    if (item === undefined || item.peer !== run.to) return false;
    // Another installation that was copied from this one, id and all, may have used the id for something else.
    const body = bodyOf(run, back);
    if (body !== undefined && JSON.stringify(body) !== JSON.stringify(item.body)) return false;
    // What waits to be said once more still does: it is owed an answer.
    if (item.step !== "waits") this.#move(item, "taken");
    item.seq = run.seq - back;
    this.#change(item);
    return true;
  }

  /** The draft that this answers; it is none any more. */
  accepted(id: number): Draft | null {
    return this.#settle(this.#items.find(hasId, id));
  }

  /** The draft that the log has shown with this seq; it is none any more. */
  failed(seq: number): Draft | null {
    return this.#settle(this.#items.find(hasSeq, seq));
  }

  /** False if the mailbox counts otherwise than this device, which only another `welcome` can mend. */
  refused({ id, code, message, retryAfter }: Frame<"refused">): boolean {
    const item = this.#items.find(hasId, id);
    if (item === undefined) return true;
    // What follows a refused id is out of order; the refused one itself never is.
    if (code === "out_of_order" && id < this.#nextId) return false;
    if (id > this.#lastId) this.#nextId = Math.min(this.#nextId, id);
    this.#move(item, "waits");
    item.id = null;
    this.#change(item);
    if (retryAfter !== undefined) {
      clearTimeout(this.#held);
      this.#held = setTimeout(() => {
        this.#held = undefined;
        this.#events.ready();
      }, retryAfter);
    } else if (code !== "out_of_order" && code !== "id_reused") {
      item.failed = { code, message };
      this.#items.take(item.key);
    }
    return true;
  }

  /** Forgets a draft. */
  drop(key: string): void {
    if (this.#settle(this.#items.get(key)) === null) this.#events.settled(key);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.end();
    clearTimeout(this.#held);
  }

  #settle(item: Item | undefined): Draft | null {
    if (item === undefined) return null;
    this.#move(item, "taken");
    item.changed = false;
    this.#items.take(item.key);
    this.#events.settled(item.key);
    return item;
  }

  #move(item: Item, step: Step): void {
    if (item.step === "under way") this.#underWay--;
    item.step = step;
  }

  #change(item: Item): void {
    if (!item.changed) this.#changed.push(item);
    item.changed = true;
  }
}

function write({ id, to, bodies }: Run): string {
  const rest = bodies.length === 1 ? `"body":${bodies[0]}` : `"bodies":[${bodies.join(",")}]`;
  return `{"type":"send","id":${id},"to":"${to}",${rest}}`;
}
