// What this device sends: each draft is kept with its id until the mailbox has answered, whatever happens to connections
// meanwhile. It knows the numbering of ids and the size of a text; no socket, no cursor, and nothing of what others write.
import type { Down, Welcome } from "../protocol/down.ts";
import { LIMITS, utf8Bytes } from "../protocol/limits.ts";
import type { Draft } from "./store.ts";

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

/** What the outbox tells its owner. */
export interface OutboxEvents {
  /** To be kept before the next text is said. */
  changed(draft: Draft): void;
  settled(key: string): void;
  /** A wait that the mailbox asked for is over. */
  ready(): void;
}

/** Keys of drafts that are remembered, at least. */
const KNOWN = 10_000;

export class Outbox {
  readonly #events: OutboxEvents;
  /** In the order of sending. */
  readonly #drafts = new Map<string, Draft>();
  readonly #byId = new Map<number, string>();
  /** The drafts of the text that is under way. One at a time: so an answer never speaks of an older numbering. */
  readonly #underWay = new Set<string>();
  /** Those with an id that are to be said once more on the present connection; others are said when they get one. */
  readonly #again = new Set<string>();
  /** The latest drafts that the store had: another tab's word of one may come after it was sent. */
  #known = new Set<string>();
  #knownBefore: ReadonlySet<string> = new Set();
  #limits: { readonly frames: number; readonly textBytes: number } = LIMITS;
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
    if (draft.failed === null) this.#drafts.set(draft.key, draft);
  }

  /** A connection begins. What the mailbox took keeps its id, to be answered again; everything else gets the next ones. */
  begin({ lastId, limits }: Welcome, sameLife: boolean): void {
    this.#open = true;
    this.#limits = limits;
    this.#lastId = lastId;
    this.#nextId = lastId + 1;
    this.#underWay.clear();
    this.#again.clear();
    this.#byId.clear();
    for (const draft of this.#drafts.values()) {
      if (draft.id === null) continue;
      if (sameLife && draft.id <= lastId) {
        this.#byId.set(draft.id, draft.key);
        this.#again.add(draft.key);
      } else this.#change({ ...draft, id: null, seq: null });
    }
  }

  /** The connection is over. */
  end(): void {
    this.#open = false;
  }

  /** Everything that waits, as one text within the limits; null while a text is under way, and where nothing waits. */
  next(): string | null {
    if (!this.#open || this.#held !== undefined || this.#underWay.size > 0) return null;
    const frames: string[] = [];
    let bytes = 2;
    for (const draft of this.#drafts.values()) {
      if (draft.id !== null && !this.#again.has(draft.key)) continue;
      const id = draft.id ?? this.#nextId;
      const frame = `{"type":"send","id":${id},"to":"${draft.peer}","body":${JSON.stringify(draft.body)}}`;
      bytes += utf8Bytes(frame) + 1;
      if (frames.length > 0 && (frames.length >= this.#limits.frames || bytes > this.#limits.textBytes)) break;
      this.#number(draft, id);
      frames.push(frame);
    }
    if (frames.length === 0) return null;
    return frames.length === 1 ? (frames[0] ?? "") : `[${frames.join(",")}]`;
  }

  /** The log shows this device's message: it was taken, though the answer may still wait for the receiver. */
  taken(frame: Frame<"message">): boolean {
    const draft = this.#of(frame.id);
    if (draft === undefined || draft.peer !== frame.to) return false;
    // Another installation that was copied from this one, id and all, may have used the id for something else.
    if (frame.body !== undefined && JSON.stringify(frame.body) !== JSON.stringify(draft.body)) return false;
    this.#underWay.delete(draft.key);
    this.#change({ ...draft, seq: frame.seq });
    return true;
  }

  /** The draft that this answers; it is none any more. */
  accepted({ id }: Frame<"accepted">): Draft | null {
    const draft = this.#of(id);
    if (draft === undefined) return null;
    this.drop(draft.key);
    return draft;
  }

  /** The draft that the log has shown with this seq; it is none any more. */
  failed(seq: number): Draft | null {
    for (const draft of this.#drafts.values()) {
      if (draft.seq !== seq) continue;
      this.drop(draft.key);
      return draft;
    }
    return null;
  }

  /** False if the mailbox counts otherwise than this device, which only another `welcome` can mend. */
  refused({ id, code, message, retryAfter }: Frame<"refused">): boolean {
    const draft = this.#of(id);
    if (draft === undefined) return true;
    // What follows a refused id is out of order; the refused one itself never is.
    if (code === "out_of_order" && id < this.#nextId) return false;
    if (id > this.#lastId) this.#nextId = Math.min(this.#nextId, id);
    this.#byId.delete(id);
    this.#underWay.delete(draft.key);
    if (code === "out_of_order" || code === "id_reused" || retryAfter !== undefined) {
      this.#change({ ...draft, id: null });
      if (retryAfter !== undefined) this.#hold(retryAfter);
    } else {
      this.#drafts.delete(draft.key);
      this.#events.changed({ ...draft, id: null, failed: { code, message } });
    }
    return true;
  }

  /** Forgets a draft. */
  drop(key: string): void {
    const id = this.#drafts.get(key)?.id ?? null;
    if (id !== null) this.#byId.delete(id);
    this.#drafts.delete(key);
    this.#underWay.delete(key);
    this.#events.settled(key);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.end();
    clearTimeout(this.#held);
  }

  #of(id: number | undefined): Draft | undefined {
    return this.#drafts.get(this.#byId.get(id ?? 0) ?? "");
  }

  #number(draft: Draft, id: number): void {
    this.#again.delete(draft.key);
    this.#underWay.add(draft.key);
    if (draft.id !== null) return;
    this.#nextId++;
    this.#byId.set(id, draft.key);
    this.#change({ ...draft, id });
  }

  #change(draft: Draft): void {
    this.#drafts.set(draft.key, draft);
    this.#events.changed(draft);
  }

  #hold(ms: number): void {
    clearTimeout(this.#held);
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.#events.ready();
    }, ms);
  }
}
