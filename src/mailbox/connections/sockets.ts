// The open connections of a mailbox. It accepts and closes WebSockets, has their buffers sent, and saves what survives
// hibernation in their attachments. It knows no log and no other mailbox.
import { closeWithReason, writeClosing } from "../../protocol/closing.ts";
import { countLabelled } from "../../protocol/counters.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { type CodeIn, refusal } from "../../protocol/refusals.ts";
import type { TokenBucket } from "../../protocol/token-bucket.ts";
import { Debounce } from "../../durable/debounce.ts";
import {
  type Attachment,
  type ConnectionState,
  fromAttachment,
  type Grant,
  type PlainState,
  toAttachment,
  type V1State,
} from "./connection-state.ts";
import type { Connected } from "../reading/log-reader.ts";
import type { PeerNote } from "../log/peers/peer-note.ts";
import type { MarkHolder } from "../log/peers/early-marks.ts";
import { SendBuffer } from "./send-buffer.ts";
import { UnreadOutput } from "./unread-output.ts";

/** What carries a connection: a WebSocket, or a stream of server-sent events. */
export interface Wire {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  /** Whether its client has read everything; absent where nobody can know. */
  readonly isRead?: boolean;
}

/** What this instance knows of a connection beside its state. */
interface Live extends Connected {
  readonly ws: Wire;
  readonly output: SendBuffer;
  /**
   * `flooding`: its rejected frames cost too much, and the next group commit closes it. `closed`: what still arrives on
   * it is ignored.
   */
  status: "open" | "flooding" | "closed";
  /** What rejected frames may still cost; null before the first. */
  rejected: TokenBucket | null;
  /** Tokens that it may present; null before the first. */
  renewals: TokenBucket | null;
  /** When the client last sent something, ms since 1970. */
  heardAt: number;
}

/** A connection of the v1 dialect, over a WebSocket or a stream of events. */
export type V1Session = V1State & Live;
export type PlainSession = PlainState & Live;
/** One open connection. */
export type Session = V1Session | PlainSession;

/**
 * Ms that a device's own messages wait for their `accepted`, to leave in one text with it: without the wait a single
 * frame costs 1.04 times the CPU (8 pairs, 32 in flight; mean of 16 runs side by side, standard error 0.02,
 * 2026-11-30). Answers: a receiver that can't be reached, who would hold them back.
 */
const HOLD_MS = 100;

export class Sockets implements MarkHolder {
  readonly #ctx: DurableObjectState;
  readonly #sessions = new Map<Wire, Session>();
  /** The early marks that the attachments of the sockets hold. */
  #marks: readonly PeerNote[] = [];
  readonly restored: readonly PeerNote[];
  readonly #held = new Debounce(HOLD_MS, () => {
    for (const { output } of this.#sessions.values()) output.release();
    this.flush();
  });

  readonly unanswered = new UnreadOutput();

  /** `closing`: a socket whose close woke the object; the platform need not list it any more. */
  constructor(ctx: DurableObjectState, closing?: WebSocket) {
    this.#ctx = ctx;
    // The runtime itself answers pings, so that a ping wakes no mailbox.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    let restored: readonly PeerNote[] = [];
    for (const ws of new Set([...ctx.getWebSockets(), ...(closing === undefined ? [] : [closing])])) {
      const stored = ws.deserializeAttachment() as Attachment | null;
      if (stored === null) continue;
      const live = { changed: false, heardAt: 0, earlySent: 0 };
      this.#sessions.set(ws, sessionOf(ws, fromAttachment(stored), live));
      // Each of them holds all.
      restored = stored.marks ?? restored;
    }
    this.restored = this.#marks = restored;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Whether all devices that are sent marks understand early ones, and one of them has a socket. */
  get canHold(): boolean {
    let canHold = false;
    for (const session of this.#sessions.values()) {
      if (session.kind === "plain") continue;
      if (session.kind === "stream" || !session.early) return false;
      canHold = true;
    }
    return canHold;
  }

  wasOpenAt(time: number): boolean {
    for (const session of this.#sessions.values())
      if (session.kind === "v1" && session.early && session.since <= time) return true;
    return false;
  }

  /** Every v1 device was sent the log up to here; Infinity if there is none. */
  get lowestPosition(): number {
    let lowest = Infinity;
    for (const { kind, position } of this.#sessions.values()) if (kind !== "plain") lowest = Math.min(lowest, position);
    return lowest;
  }

  /** Holds these early marks over hibernation, in place of the ones before. */
  hold(marks: readonly PeerNote[]): void {
    if (marks === this.#marks || (marks.length === 0 && this.#marks.length === 0)) return;
    this.#marks = marks;
    for (const session of this.#sessions.values()) if (session.kind === "v1" && session.early) session.changed = true;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Undefined for one that was closed: what still arrives on it is ignored. */
  of(ws: Wire): Session | undefined {
    return this.#sessions.get(ws);
  }

  /** The open v1 connection of a device. */
  ofDevice(device: string): V1Session | undefined {
    for (const session of this.#sessions.values()) {
      if (session.kind !== "plain" && session.device === device) return session;
    }
    return undefined;
  }

  /** Whether a connection of this device is open, in either dialect. */
  hasDevice(device: string): boolean {
    for (const session of this.#sessions.values()) if (session.device === device) return true;
    return false;
  }

  /** The one from which nothing has come for longest; pings count. */
  idlest(): Session | undefined {
    const active = ({ ws, since, heardAt }: Session) =>
      Math.max(since, heardAt, ws instanceof WebSocket ? this.#pingedAt(ws) : 0);
    return [...this.#sessions.values()].toSorted((a, b) => active(a) - active(b))[0];
  }

  accept<State extends ConnectionState>(ws: Wire, state: State): State & Live {
    if (ws instanceof WebSocket) this.#ctx.acceptWebSocket(ws);
    const session = sessionOf(ws, state, { changed: true, heardAt: state.since, earlySent: -1 });
    this.#sessions.set(ws, session);
    return session;
  }

  /** The connection depends on another token from now on. */
  regrant(session: Session, grant: Pick<Grant, "token" | "expires">): void {
    Object.assign(session, grant);
    session.changed = true;
  }

  /** Sends the frames that are due, and saves what changed: a position only when the frames up to it have left. */
  flush(): void {
    for (const session of this.#sessions.values()) {
      if (session.output.state === "due") this.#send(session);
      if (session.output.state === "held") this.#held.schedule();
      else if (session.changed) this.#saveState(session);
    }
  }

  /** Closes from our side: `closing` first, because a client may see the close itself only seconds later. */
  close(session: Session, code: CodeIn<"closing">, user: string, retryAfter?: number): void {
    const why = { ...refusal(code), ...(retryAfter !== undefined && { retryAfter: Math.ceil(retryAfter) }) };
    countLabelled("closed", code);
    session.output.queueFrame(session.kind === "plain" ? writePlainRefusal(user, Date.now(), why) : writeClosing(why));
    this.#send(session);
    this.#expectAnswer(session);
    session.ws.serializeAttachment(null);
    quietly(() => closeWithReason(session.ws, why));
  }

  /** Closes one that takes no more, without a frame: its client connects again. */
  finish(session: Session): void {
    this.#expectAnswer(session);
    quietly(() => session.ws.close());
  }

  /** What comes over this connection from now on is ignored. */
  forget(session: Session): void {
    session.status = "closed";
    this.#sessions.delete(session.ws);
  }

  /** Answers a close that the client began; without an answer the client never sees its close complete. */
  answerClose(ws: WebSocket, code: number): void {
    this.unanswered.delete(ws);
    const isReserved = code === 1005 || code === 1006 || code === 1015;
    quietly(() => (isReserved ? ws.close() : ws.close(code)));
  }

  /** The connection ends here; until its client answers, its output may lie in memory. */
  #expectAnswer(session: Session): void {
    this.forget(session);
    let bytes = session.output.unreadBytes;
    if (session.kind !== "plain") for (const [, , size] of session.unacked) bytes += size;
    this.unanswered.add(session.ws, bytes);
  }

  #pingedAt(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
  }

  #saveState(session: Session): void {
    session.changed = false;
    session.ws.serializeAttachment(toAttachment(session, this.#marks));
  }

  #send({ ws, output }: Session): void {
    quietly(() => output.sendTo(ws));
  }
}

function sessionOf<State extends ConnectionState>(
  ws: Wire,
  state: State,
  live: Pick<Live, "changed" | "heardAt" | "earlySent">,
): State & Live {
  const runs = state.kind !== "plain" && state.runs;
  const output = new SendBuffer({ runs, batches: state.kind === "v1" });
  const fresh = { isBlocked: false, sentSeqs: null, status: "open", rejected: null, renewals: null } as const;
  return { ...state, ws, output, ...live, ...fresh };
}

/** A connection that is already gone throws; its close event follows. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Gone.
  }
}
