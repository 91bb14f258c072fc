// The sockets of a mailbox. The only file that touches them: accepts, sends, closes, and keeps what must survive hibernation in
// their attachments. It knows no log and no other mailbox.
import { count } from "../../protocol/counters.ts";
import { type State, write, writeAccepted } from "../../protocol/down.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { type Code, closeCode, refusal } from "../../protocol/refusals.ts";
import { type Dialect, V1 } from "../../protocol/version.ts";
import { type AcceptedRun, extendRun } from "./accepted-run.ts";
import type { Bucket } from "../../protocol/token-bucket.ts";
import { Debounce } from "../../durable/debounce.ts";
import { encodeTexts } from "./encode-texts.ts";
import { UnreadOutput } from "./unread-output.ts";

/** A text on its way: its last seq, how many log frames it has, and their bytes. */
export type UnackedText = readonly [seq: number, frames: number, bytes: number];

/** What a session needs of what carries it: a WebSocket has it, and so has a stream of events. */
export interface Wire {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  /** Whether frames go one by one, and nothing comes back: it ends when its window is full. */
  readonly isEventStream?: boolean;
  /** Whether its client has read everything that was said; absent where nobody can tell. */
  readonly isRead?: boolean;
}

/** What a socket is, in its attachment. */
interface Attachment {
  readonly dialect: Dialect;
  readonly device: string;
  /** The token that it was opened with, by its id; null where there are no accounts. */
  token: string | null;
  /** From then on nothing more is taken or given, ms since 1970; null for no end. */
  expires: number | null;
  /** When it opened, ms since 1970. */
  readonly since: number;
  /** The head when it opened: what its device sent after that came over this very socket. */
  readonly opened: number;
  /** Up to here the log was sent to it. */
  position: number;
  /** Up to here the device holds it. */
  acked: number;
  /** Whether it carries the delivered point: it started at or below it. */
  carries: boolean;
  /** The peers whose presence it wants to know. */
  watched: readonly string[];
  /** Log frames that the device holds and its row does not know of yet. */
  unkept: number;
  /** What was sent and is not acknowledged yet. */
  unacked: UnackedText[];
  /** Whether its device reads frames that speak for a run. */
  readonly runs: boolean;
  /** Log frames that may be unacknowledged; of every socket the same, if nothing else is said. */
  readonly window?: number;
}

/** One open socket. */
export interface Session extends Attachment {
  readonly ws: Wire;
  /** What is said in this group, to be sent as few texts as the limits allow. */
  buffer: string[];
  /** The answer that may yet become one for a run, and comes after the outbox. */
  acceptedRun: AcceptedRun | null;
  /** Whether the outbox is to leave with the group: it waits while all in it is the device's own, and the answer to that is still to come. */
  flushWithCommit: boolean;
  changed: boolean;
  /** What its frames without effect may still cost; null while there were none. */
  rejected: Bucket | null;
  /** Whether they cost too much: it is closed. */
  isFlooding: boolean;
  /** Tokens that it may present; null before the first. */
  renewals: Bucket | null;
  /** Bytes of answers and signals since it last acknowledged anything, as far as this wake knows. */
  unreadBytes: number;
  /** When something last came from it, as far as this wake knows, ms since 1970. */
  heardAt: number;
}

/** Log frames that are said together: for how many entries and marks they speak, their bytes, and the seq of the last. */
interface LogFrames {
  readonly frames: readonly string[];
  readonly count: number;
  readonly bytes: number;
  readonly last: number;
}

/** Texts remembered one by one; older ones are remembered together, so that an attachment stays small. */
const REMEMBERED = 64;

/** A socket that has done nothing that costs. */
export const CALM = { rejected: null, isFlooding: false, renewals: null, unreadBytes: 0 };

const FRESH = { ...CALM, flushWithCommit: false, acceptedRun: null };

/** Reasons in a close frame have at most 123 bytes. */
const REASON_BYTES = 123;

/** Ms that a device's own messages wait for their answers; a receiver that can't be reached keeps them no longer. */
const HOLD_MS = 100;

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #sessions = new Map<Wire, Session>();
  readonly #held = new Debounce(HOLD_MS, () => {
    for (const session of this.#sessions.values()) session.flushWithCommit ||= session.buffer.length > 0;
    this.flush();
  });

  readonly unanswered = new UnreadOutput();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Answered by the runtime itself, so that a ping wakes nobody.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const ws of ctx.getWebSockets()) {
      const place = ws.deserializeAttachment() as Attachment | null;
      // What an older version wrote knows neither token nor expiry, nor runs.
      const before = { token: null, expires: null, since: 0, runs: false };
      if (place !== null)
        this.#sessions.set(ws, { ...before, ...place, ...FRESH, ws, buffer: [], changed: false, heardAt: 0 });
    }
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Undefined for one that was closed: what still arrives on it is ignored. */
  of(ws: Wire): Session | undefined {
    return this.#sessions.get(ws);
  }

  /** The open v1 socket of a device. */
  ofDevice(device: string): Session | undefined {
    for (const session of this.#sessions.values()) {
      if (session.dialect === V1 && session.device === device) return session;
    }
    return undefined;
  }

  /** Whether a socket of this device is open, of any dialect. */
  hasDevice(device: string): boolean {
    for (const session of this.#sessions.values()) if (session.device === device) return true;
    return false;
  }

  /** The one from which nothing has come for longest; pings count. */
  idlest(): Session | undefined {
    const active = ({ ws, since, heardAt: heard }: Session) =>
      Math.max(since, heard, ws instanceof WebSocket ? this.#pinged(ws) : 0);
    return [...this.#sessions.values()].toSorted((a, b) => active(a) - active(b))[0];
  }

  accept(ws: Wire, place: Attachment): Session {
    if (ws instanceof WebSocket) this.#ctx.acceptWebSocket(ws);
    const session: Session = { ...place, ws, ...FRESH, buffer: [], changed: true, heardAt: place.since };
    this.#sessions.set(ws, session);
    return session;
  }

  /** From now on this socket stands on another token. */
  regrant(session: Session, grant: Pick<Attachment, "token" | "expires">): void {
    Object.assign(session, grant);
    session.changed = true;
  }

  /** Says one frame; it goes out with the group. */
  queueFrame(session: Session, frame: string): void {
    session.flushWithCommit = true;
    session.unreadBytes += frame.length;
    sayAnswer(session);
    session.buffer.push(frame);
  }

  /** Says what became of a send; of several in a row at once, where the device reads that. */
  queueAccepted(
    session: Session,
    id: number,
    state: State,
    entry?: { readonly seq: number; readonly at: number },
  ): void {
    if (!session.runs) return this.queueFrame(session, writeAccepted(id, state, entry));
    session.flushWithCommit = true;
    const { acceptedRun: answer } = session;
    if (answer !== null && extendRun(answer, id, state, entry)) return;
    sayAnswer(session);
    session.acceptedRun = { id, state, entry, count: 1 };
  }

  /** Says log frames, which the device has to acknowledge; then the socket is at `position`. `waits`: they may leave with the next thing that is said. */
  queueLogFrames(session: Session, said: LogFrames, position: number, waits = false): void {
    const { frames } = said;
    if (frames.length === 0 && position === session.position) return;
    if (frames.length > 0 && !waits) session.flushWithCommit = true;
    if (frames.length > 0) sayAnswer(session);
    for (const frame of frames) session.buffer.push(frame);
    session.position = position;
    session.changed = true;
    if (frames.length === 0) return;
    if (session.unacked.length >= REMEMBERED) merge(session.unacked);
    session.unacked.push([said.last, said.count, said.bytes]);
  }

  /** Sends what was said, and keeps what changed: a place only when what leads to it has left. */
  flush(): void {
    for (const session of this.#sessions.values()) {
      if (session.flushWithCommit) this.#send(session);
      if (session.buffer.length > 0) this.#held.schedule();
      else if (session.changed) this.#keep(session);
    }
  }

  /** Closes from our side: `closing` first, because a client may see the close itself only seconds later. */
  close(session: Session, code: Code, user: string): void {
    const why = refusal(code);
    count("closed", code);
    const closing = { type: "closing", code: closeCode(code), message: why.message } as const;
    const retry = why.retryAfter === undefined ? {} : { retryAfter: why.retryAfter };
    this.queueFrame(
      session,
      session.dialect === V1 ? write({ ...closing, ...retry }) : writePlainRefusal(user, Date.now(), why),
    );
    this.#send(session);
    this.forget(session.ws);
    this.unanswered.add(session);
    session.ws.serializeAttachment(null);
    quietly(() => session.ws.close(closeCode(code), why.message.slice(0, REASON_BYTES)));
  }

  /** Closes one that takes no more, without a word: whoever is there comes again. */
  finish(session: Session): void {
    this.forget(session.ws);
    this.unanswered.add(session);
    quietly(() => session.ws.close());
  }

  /** Whatever comes from this socket from now on is ignored. */
  forget(ws: Wire): void {
    this.#sessions.delete(ws);
  }

  /** Answers a close that the client began; without this it would never see its close complete. */
  answerClose(ws: WebSocket, code: number): void {
    this.unanswered.delete(ws);
    const unsayable = code === 1005 || code === 1006 || code === 1015;
    quietly(() => (unsayable ? ws.close() : ws.close(code)));
  }

  #pinged(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
  }

  #keep(session: Session): void {
    session.changed = false;
    const { dialect, device, token, expires, since, opened, runs } = session;
    const { position, acked, carries, watched, unkept, unacked } = session;
    const who = { dialect, device, token, expires, since, opened, runs };
    session.ws.serializeAttachment({ ...who, position, acked, carries, watched, unkept, unacked } satisfies Attachment);
  }

  #send(session: Session): void {
    sayAnswer(session);
    const frames = session.buffer;
    session.buffer = [];
    session.flushWithCommit = false;
    const together = session.dialect === V1 && session.ws.isEventStream !== true;
    for (const text of together ? encodeTexts(frames) : frames) quietly(() => session.ws.send(text));
  }
}

/** The answer that was open is said. */
function sayAnswer(session: Session): void {
  const { acceptedRun: answer } = session;
  if (answer === null) return;
  session.acceptedRun = null;
  const frame = writeAccepted(answer.id, answer.state, answer.entry, answer.count);
  session.unreadBytes += frame.length;
  session.buffer.push(frame);
}

/** Takes the two oldest for one: less exact, never too little. */
function merge(unacked: UnackedText[]): void {
  const [first, second] = unacked;
  if (first === undefined || second === undefined) return;
  unacked.splice(0, 2, [second[0], first[1] + second[1], first[2] + second[2]]);
}

/** A socket that is already gone throws; its close event tells everything that matters. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Gone.
  }
}
