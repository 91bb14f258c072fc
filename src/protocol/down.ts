// What the mailbox says in v1: the frames' shapes for whoever reads them, and the texts that the server writes.
// Written by hand where a body goes through as the JSON text it is; everything else is plain JSON.
import { FRAMES } from "./limits.ts";
import type { Refusal } from "./refusals.ts";
import { matchesShape, type ShapeOf } from "./json-shape.ts";

/** The frames, by their type; a test holds them still. Only those with a field `seq` move the cursor. */
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
    limits: { window: "int", windowBytes: "int", bodyBytes: "int", textBytes: "int", frames: "int" },
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
  },
  failed: { seq: "int", of: "int", code: "text", message: "text" },
  peer: { seq: "int", peer: "text", standing: "text" },
  notice: { seq: "int", code: "text", message: "text", about: "text?", at: "int?" },
  mark: { seq: "int", peer: "text", stored: "int?", delivered: "int?", read: "int?", mine: "int?" },
  typing: { from: "text" },
  presence: { user: "text", online: "flag", at: "int" },
  accepted: { id: "int", entry: "int?", at: "int?", state: ["stored", "queued"], count: "int?" },
  refused: { id: "int", code: "text", message: "text", retryAfter: "int?" },
  token: { expires: "int?" },
  error: { code: "text", message: "text", retryAfter: "int?" },
  closing: { code: "int", message: "text", retryAfter: "int?" },
} as const;

type Table = typeof DOWN;

/** A frame as a device reads it. */
export type Down = { [T in keyof Table]: { readonly type: T } & ShapeOf<Table[T]> }[keyof Table];
export type Welcome = Extract<Down, { type: "welcome" }>;
export type State = Extract<Down, { type: "accepted" }>["state"];

const SHAPES: ReadonlyMap<unknown, Table[keyof Table]> = new Map(Object.entries(DOWN));

/** The frame that `value` is, or null for one that this version does not know and ignores. */
export function readDown(value: unknown): Down | null {
  const shape = SHAPES.get((value as { readonly type?: unknown } | null)?.type);
  return shape !== undefined && matchesShape(shape, value) && hasValidCount(value) ? (value as Down) : null;
}

/** Whether what it says of a run agrees with itself; most frames say nothing of any. */
function hasValidCount({ count, bodies }: { readonly count?: unknown; readonly bodies?: unknown }): boolean {
  if (count === undefined) return bodies === undefined;
  return Number(count) > 1 && Number(count) <= FRAMES && ((bodies as unknown[] | undefined)?.length ?? count) === count;
}

/** For how many messages a frame speaks; one that this version does not know, for one. */
export function countOf(down: Down | null): number {
  return (down as { readonly count?: number } | null)?.count ?? 1;
}

/** The body of the message that is `back` before the last of a run; undefined where the frame has none. */
export function bodyOf({ body, bodies }: Extract<Down, { type: "message" }>, back: number): unknown {
  return bodies === undefined ? body : bodies[bodies.length - 1 - back];
}

/** Any frame as the text of itself. */
export function write(down: Down): string {
  return JSON.stringify(down);
}

/** A message as a mailbox has it; `peer` is the other one. */
interface StoredMessage {
  readonly seq: number;
  readonly peer: string;
  readonly at: number;
  /** JSON text. */
  readonly body: string;
}

/** A message from somebody else, for `user`; or, with several `bodies`, the run of which `m` is the last. */
export function writeMessage(
  m: StoredMessage & { readonly origin: number | null },
  user: string,
  isRequest: boolean,
  bodies: readonly string[] = [m.body],
): string {
  const request = isRequest ? `,"request":true` : "";
  return `{"type":"message","seq":${m.seq},"from":${quote(m.peer)},"to":${quote(user)},"at":${m.at},"origin":${m.origin ?? 0}${request}${bodyFields(bodies)}}`;
}

/** A message of `user`'s own, or a run, as the sender's devices see it; `bare`, without bodies, to the socket that sent it. */
export function writeCarbon(
  m: StoredMessage & { readonly id: number | null; readonly device: string | null },
  user: string,
  bare: boolean,
  bodies: readonly string[] = [m.body],
): string {
  const sent = m.id === null ? "" : `,"id":${m.id},"device":${quote(m.device ?? "")}`;
  const rest = bare ? countField(bodies.length) : bodyFields(bodies);
  return `{"type":"message","seq":${m.seq},"from":${quote(user)},"to":${quote(m.peer)},"at":${m.at}${sent}${rest}}`;
}

/** The answer to a send, or to `count` of them, of which this is the last. Without `entry` where retention removed it. */
export function writeAccepted(id: number, state: State, entry?: { seq: number; at: number }, count = 1): string {
  const where = entry === undefined ? "" : `,"entry":${entry.seq},"at":${entry.at}`;
  return `{"type":"accepted","id":${id}${where},"state":"${state}"${countField(count)}}`;
}

export function writeRefused(id: number, why: Refusal): string {
  return JSON.stringify({ type: "refused", id, ...why });
}

export function writeError(why: Refusal): string {
  return JSON.stringify({ type: "error", ...why });
}

function bodyFields(bodies: readonly string[]): string {
  return bodies.length === 1 ? `,"body":${bodies[0]}` : `${countField(bodies.length)},"bodies":[${bodies.join(",")}]`;
}

/** For how many a frame speaks: its numbers are those of the last. */
function countField(count: number): string {
  return count === 1 ? "" : `,"count":${count}`;
}

/** Names hold no character that JSON escapes, but for the letters outside of ASCII that need no escape either. */
function quote(name: string): string {
  return `"${name}"`;
}
