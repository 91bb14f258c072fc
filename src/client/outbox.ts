// What this device sends: each message is kept with its id until the mailbox has answered, whatever happens to connections meanwhile.
// It knows the numbering of ids and the size of a text; no socket, no cursor, and nothing of what others write.
import type { Down, State as Accepted, Welcome } from "../protocol/down.ts";
import { LIMITS, utf8Bytes } from "../protocol/limits.ts";

/** sending: no answer yet. queued: one's own mailbox holds it. stored: the receiver's does. failed: finally not, and why. */
export type SendState =
  | { readonly is: "sending" }
  | { readonly is: Accepted }
  | { readonly is: "failed"; readonly code: string; readonly message: string };

/** A message of one's own. `at`, ms since 1970, is this device's guess until the mailbox has said when. */
export class OwnMessage {
  readonly to: string;
  readonly body: unknown;
  at: number;
  /** Called after every change of `state`. */
  onChange: (() => void) | null = null;
  #state: SendState;

  constructor(to: string, body: unknown, at: number, state: SendState) {
    this.to = to;
    this.body = body;
    this.at = at;
    this.#state = state;
  }

  get state(): SendState {
    return this.#state;
  }

  /** Whether nothing more will become of it. */
  get settled(): boolean {
    return this.#state.is === "stored" || this.#state.is === "failed";
  }

  /** What is settled stays: an answer that was repeated may come later than the mark that settled it. */
  move(state: SendState): void {
    if (this.settled || this.#state.is === state.is) return;
    this.#state = state;
    this.onChange?.();
  }
}

/** A message without an answer. `said`: on the present connection. */
interface Draft {
  readonly message: OwnMessage;
  readonly json: string;
  id: number | null;
  said: boolean;
}

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

export class Outbox {
  readonly #say: (text: string) => void;
  /** In the order of sending. */
  readonly #drafts = new Set<Draft>();
  readonly #byId = new Map<number, Draft>();
  /** The drafts of the text that is under way. One at a time: so an answer never speaks of an older numbering. */
  readonly #underWay = new Set<Draft>();
  #limits: { readonly frames: number; readonly textBytes: number } = LIMITS;
  /** As the last `welcome` said: ids up to here are used for ever. */
  #lastId = 0;
  #nextId = 1;
  #open = false;
  #held: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** Keeps a message until it is answered. `json` is its body. */
  add(message: OwnMessage, json: string): void {
    this.#drafts.add({ message, json, id: null, said: false });
    this.flush();
  }

  /** A connection begins: what the mailbox took keeps its id, to be answered again; everything else gets the next ones. */
  begin({ lastId, limits }: Welcome): void {
    this.#open = true;
    this.#limits = limits;
    this.#lastId = lastId;
    this.#nextId = lastId + 1;
    this.#underWay.clear();
    for (const draft of this.#drafts) {
      draft.said = false;
      if (draft.id !== null && draft.id > lastId) this.#renumber(draft);
    }
  }

  /** The connection is over. */
  end(): void {
    this.#open = false;
  }

  /** Says everything that waits, as one text within the limits, unless one is under way. */
  flush(): void {
    if (!this.#open || this.#held !== undefined || this.#underWay.size > 0) return;
    const frames: string[] = [];
    let bytes = 2;
    for (const draft of this.#drafts) {
      if (draft.said) continue;
      const id = draft.id ?? this.#nextId;
      const frame = `{"type":"send","id":${id},"to":${JSON.stringify(draft.message.to)},"body":${draft.json}}`;
      bytes += utf8Bytes(frame) + 1;
      if (frames.length > 0 && (frames.length >= this.#limits.frames || bytes > this.#limits.textBytes)) break;
      if (draft.id === null) this.#nextId++;
      draft.id = id;
      draft.said = true;
      this.#byId.set(id, draft);
      this.#underWay.add(draft);
      frames.push(frame);
    }
    if (frames.length > 0) this.#say(frames.length === 1 ? (frames[0] ?? "") : `[${frames.join(",")}]`);
  }

  /** The mailbox's log shows this device's message: it was taken, though the answer may still wait for the receiver. */
  taken(frame: Frame<"message">): OwnMessage | null {
    const draft = this.#byId.get(frame.id ?? 0);
    if (draft === undefined || draft.message.to !== frame.to) return null;
    // Another installation that was copied from this one, id and all, may have used the id for something else.
    if (frame.body !== undefined && JSON.stringify(frame.body) !== draft.json) return null;
    this.#underWay.delete(draft);
    return draft.message;
  }

  accepted({ id, at, state }: Frame<"accepted">): OwnMessage | null {
    const draft = this.#byId.get(id);
    if (draft === undefined) return null;
    this.#forget(draft);
    draft.message.at = at ?? draft.message.at;
    draft.message.move({ is: state });
    return draft.message;
  }

  /** False if the mailbox counts otherwise than this device, which only another `welcome` can mend. */
  refused({ id, code, message, retryAfter }: Frame<"refused">): boolean {
    const draft = this.#byId.get(id);
    if (draft === undefined) return true;
    // What follows a refused id is out of order; the refused one itself never is.
    if (code === "out_of_order" && id < this.#nextId) return false;
    if (id > this.#lastId) this.#nextId = Math.min(this.#nextId, id);
    if (code === "out_of_order" || code === "id_reused" || retryAfter !== undefined) {
      this.#underWay.delete(draft);
      this.#renumber(draft);
      if (retryAfter !== undefined) this.#hold(retryAfter);
    } else {
      this.#forget(draft);
      draft.message.move({ is: "failed", code, message });
    }
    return true;
  }

  /** Gives up what has no answer. */
  abandon(why: { readonly code: string; readonly message: string }): void {
    this.end();
    clearTimeout(this.#held);
    for (const draft of this.#drafts) draft.message.move({ is: "failed", ...why });
    this.#drafts.clear();
    this.#byId.clear();
  }

  #hold(ms: number): void {
    clearTimeout(this.#held);
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.flush();
    }, ms);
  }

  #renumber(draft: Draft): void {
    if (draft.id !== null) this.#byId.delete(draft.id);
    draft.id = null;
    draft.said = false;
  }

  #forget(draft: Draft): void {
    if (draft.id !== null) this.#byId.delete(draft.id);
    this.#drafts.delete(draft);
    this.#underWay.delete(draft);
  }
}
