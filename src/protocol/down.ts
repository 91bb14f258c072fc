// Frames from the mailbox to a device in v1: their shapes for readers, and the texts that the server writes. A text is
// concatenated where it contains a body, which stays the JSON text it is; all others use JSON.stringify.
import { MAX_FRAMES } from "./limits.ts";
import type { CodeIn, Refusal } from "./refusals.ts";
import type { RelationRef } from "./relation.ts";
import { matchesShape, type ShapeOf } from "./json-shape.ts";

/** The frames by type. The wire test pins them. Only frames with a field `seq` move the cursor. */
export const DOWN = {
  welcome: {
    version: "int",
    user: "text",
    device: "text",
    epoch: "text",
    head: "int",
    lastId: "int",
    expires: "int?",
    runs: "flag?",
    early: "flag?",
    relations: "flag?",
    displayName: "text?",
    limits: { window: "int", windowBytes: "int", bodyBytes: "int", textBytes: "int", frames: "int", reactions: "int?" },
  },
  gap: { from: "int", seq: "int" },
  message: {
    seq: "int",
    from: "text",
    to: "text",
    at: "int",
    body: "any?",
    count: "int?",
    bodies: "list?",
    id: "int?",
    device: "text?",
    origin: "int?",
    request: "flag?",
    re: "any?",
  },
  failed: { seq: "int", of: "int", code: "text", message: "text" },
  peer: {
    seq: "int",
    peer: "text",
    standing: "text",
    pinned: "flag?",
    muted: "flag?",
    hidden: "flag?",
    displayName: "text?",
  },
  cleared: { seq: "int", peer: "text", upTo: "int?", of: "int?" },
  notice: { seq: "int", code: "text", message: "text", about: "text?", at: "int?" },
  mark: { seq: "int?", peer: "text", stored: "int?", delivered: "int?", read: "int?", mine: "int?" },
  typing: { from: "text" },
  presence: { user: "text", online: "flag", at: "int" },
  accepted: { id: "int", entry: "int?", at: "int?", state: ["stored", "queued"], count: "int?" },
  refused: { id: "int", code: "text", message: "text", retryAfter: "int?", affects: "text?" },
  token: { expires: "int?" },
  error: { code: "text", message: "text", retryAfter: "int?" },
  closing: { code: "int", reason: "text?", message: "text", retryAfter: "int?" },
} as const;

type Table = typeof DOWN;

/** A frame as a device reads it. */
export type Down = { [T in keyof Table]: { readonly type: T } & ShapeOf<Table[T]> }[keyof Table];
/** The frame of this type. */
export type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;
export type Welcome = Frame<"welcome">;
export type AcceptedState = Frame<"accepted">["state"];

const SHAPES: ReadonlyMap<unknown, Table[keyof Table]> = new Map(Object.entries(DOWN));

/** `value` as a frame, or null for a frame that this version does not know and ignores. */
export function readDown(value: unknown): Down | null {
  const shape = SHAPES.get((value as { readonly type?: unknown } | null)?.type);
  return shape !== undefined && matchesShape(shape, value) && hasValidCount(value) ? (value as Down) : null;
}

/** Whether `count` and `bodies` of a run agree. Most frames have neither. */
function hasValidCount({ count, bodies }: { readonly count?: unknown; readonly bodies?: unknown }): boolean {
  if (count === undefined) return bodies === undefined;
  return (
    Number(count) > 1 && Number(count) <= MAX_FRAMES && ((bodies as unknown[] | undefined)?.length ?? count) === count
  );
}

/** For how many messages a frame stands; 1 for a frame that this version does not know. */
export function countOf(down: Down | null): number {
  return (down as { readonly count?: number } | null)?.count ?? 1;
}

/** The body of the message `back` places before the last of a run; undefined if the frame has no bodies. */
export function bodyOf({ body, bodies }: Frame<"message">, back: number): unknown {
  return bodies === undefined ? body : bodies[bodies.length - 1 - back];
}

/** A frame as JSON text. */
export function writeFrame(down: Down): string {
  return JSON.stringify(down);
}

/** A message as a mailbox stores it; `peer` is the other user. */
interface StoredMessage {
  readonly seq: number;
  readonly peer: string;
  readonly at: number;
  /** JSON text. */
  readonly body: string;
  /** `to`: 0 if the other message is not in this log. */
  readonly re?: RelationRef;
}

/** A message from a peer to `user`; with several `bodies`, the run whose last message is `m`. */
export function writeMessage(
  m: StoredMessage & { readonly origin: number | null },
  user: string,
  isRequest: boolean,
  bodies: readonly string[] = [m.body],
): string {
  const request = isRequest ? `,"request":true` : "";
  return `{"type":"message","seq":${m.seq},"from":${quote(m.peer)},"to":${quote(user)},"at":${m.at},"origin":${m.origin ?? 0}${request}${relationField(m.re)}${bodyFields(bodies)}}`;
}

/** A carbon of `user`'s own message or run. `bare`: without bodies, for the socket that sent it. */
export function writeCarbon(
  m: StoredMessage & { readonly id: number | null; readonly device: string | null },
  user: string,
  bare: boolean,
  bodies: readonly string[] = [m.body],
): string {
  const sent = m.id === null ? "" : `,"id":${m.id},"device":${quote(m.device ?? "")}`;
  const rest = bare ? countField(bodies.length) : bodyFields(bodies);
  return `{"type":"message","seq":${m.seq},"from":${quote(user)},"to":${quote(m.peer)},"at":${m.at}${sent}${relationField(m.re)}${rest}}`;
}

/** The reply to `count` sends, of which `id` is the last. Without `entry` if retention removed it. */
export function writeAccepted(
  id: number,
  state: AcceptedState,
  entry?: { seq: number; at: number },
  count = 1,
): string {
  const where = entry === undefined ? "" : `,"entry":${entry.seq},"at":${entry.at}`;
  return `{"type":"accepted","id":${id}${where},"state":"${state}"${countField(count)}}`;
}

export function writeRefused(id: number, why: Refusal<CodeIn<"refused">>): string {
  return JSON.stringify({ type: "refused", id, ...why });
}

export function writeError(why: Refusal<CodeIn<"error">>): string {
  return JSON.stringify({ type: "error", ...why });
}

function bodyFields(bodies: readonly string[]): string {
  return bodies.length === 1 ? `,"body":${bodies[0]}` : `${countField(bodies.length)},"bodies":[${bodies.join(",")}]`;
}

function relationField(relation: RelationRef | undefined): string {
  if (relation === undefined) return "";
  const { to, is } = relation;
  return to === 0 ? `,"re":{"is":"${is}"}` : `,"re":{"to":${to},"is":"${is}"}`;
}

/** The field `count` of a run. The frame's other numbers are those of its last message. */
function countField(count: number): string {
  return count === 1 ? "" : `,"count":${count}`;
}

/** Canonical names contain no character that JSON has to escape. */
function quote(name: string): string {
  return `"${name}"`;
}
