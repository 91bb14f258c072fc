// What the mailbox says in v1: the frames' shapes for whoever reads them, and the texts that the server writes.
// Written by hand where a body goes through as the JSON text it is; everything else is plain JSON.
import * as z from "zod/mini";
import type { Refusal } from "./refusals.ts";

z.config({ jitless: true });

const seq = z.int();
const code = z.string();
const message = z.string();

/** The shape of what is said down; a test holds it still. */
export const downFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    version: z.int(),
    user: z.string(),
    device: z.string(),
    epoch: z.string(),
    head: seq,
    lastId: z.int(),
    expires: z.optional(z.int()),
    limits: z.object({
      window: z.int(),
      windowBytes: z.int(),
      bodyBytes: z.int(),
      textBytes: z.int(),
      frames: z.int(),
    }),
  }),
  z.object({ type: z.literal("gap"), from: seq, seq }),
  z.object({
    type: z.literal("message"),
    seq,
    from: z.string(),
    to: z.string(),
    at: z.int(),
    body: z.optional(z.unknown()),
    id: z.optional(z.int()),
    device: z.optional(z.string()),
    origin: z.optional(seq),
  }),
  z.object({ type: z.literal("failed"), seq, of: seq, code, message }),
  z.object({
    type: z.literal("mark"),
    seq,
    peer: z.string(),
    stored: z.optional(seq),
    delivered: z.optional(seq),
    read: z.optional(seq),
    mine: z.optional(seq),
  }),
  z.object({ type: z.literal("typing"), from: z.string() }),
  z.object({ type: z.literal("presence"), user: z.string(), online: z.boolean(), at: z.int() }),
  z.object({
    type: z.literal("accepted"),
    id: z.int(),
    entry: z.optional(seq),
    at: z.optional(z.int()),
    state: z.enum(["stored", "queued"]),
  }),
  z.object({ type: z.literal("refused"), id: z.int(), code, message, retryAfter: z.optional(z.int()) }),
  z.object({ type: z.literal("error"), code, message }),
  z.object({ type: z.literal("closing"), code: z.int(), message, retryAfter: z.optional(z.int()) }),
]);

/** A frame as a device reads it. Only those with a field `seq` move the cursor. */
export type Down = z.infer<typeof downFrame>;
export type Welcome = Extract<Down, { type: "welcome" }>;
export type State = Extract<Down, { type: "accepted" }>["state"];

/** The frame that `value` is, or null for one that this version does not know and ignores. */
export function readDown(value: unknown): Down | null {
  const read = downFrame.safeParse(value);
  return read.success ? read.data : null;
}

/** Any frame as the text of itself. */
export function write(down: Down): string {
  return JSON.stringify(down);
}

/** A message from somebody else. `body` is JSON text. */
export function writeMessage(m: {
  seq: number;
  from: string;
  to: string;
  at: number;
  origin: number;
  body: string;
}): string {
  return `{"type":"message","seq":${m.seq},"from":${quote(m.from)},"to":${quote(m.to)},"at":${m.at},"origin":${m.origin},"body":${m.body}}`;
}

/** One's own message, as the sender's devices see it; without `body` to the socket that sent it. */
export function writeCarbon(m: {
  seq: number;
  from: string;
  to: string;
  at: number;
  id: number | null;
  device: string | null;
  body: string | null;
}): string {
  const sent = m.id === null ? "" : `,"id":${m.id},"device":${quote(m.device ?? "")}`;
  const body = m.body === null ? "" : `,"body":${m.body}`;
  return `{"type":"message","seq":${m.seq},"from":${quote(m.from)},"to":${quote(m.to)},"at":${m.at}${sent}${body}}`;
}

/** The answer to a send. Without `entry` where retention removed it. */
export function writeAccepted(id: number, state: State, entry?: { seq: number; at: number }): string {
  const where = entry === undefined ? "" : `,"entry":${entry.seq},"at":${entry.at}`;
  return `{"type":"accepted","id":${id}${where},"state":"${state}"}`;
}

export function writeRefused(id: number, why: Refusal): string {
  return JSON.stringify({ type: "refused", id, ...why });
}

export function writeError(why: Refusal): string {
  return JSON.stringify({ type: "error", code: why.code, message: why.message });
}

/** Names hold no character that JSON escapes, but for the letters outside of ASCII that need no escape either. */
function quote(name: string): string {
  return `"${name}"`;
}
