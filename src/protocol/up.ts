// What a v1 device may send: the schema of its frames. The caller checks the size of a text and parses it; behind this nothing is unknown.
import * as z from "zod/mini";
import { LIMITS, NUMBER_END, TOKEN_UNITS, WATCHED } from "./limits.ts";
import type { Outgoing } from "./http-messages.ts";
import { canonical, type Name } from "./names.ts";
import { serializeReceivedBody } from "./received-body.ts";
import { type Refusal, refusal } from "./refusals.ts";

z.config({ jitless: true });

const id = z.int().check(z.gte(1), z.lt(NUMBER_END));
const seq = z.int().check(z.gte(0), z.lt(NUMBER_END));

const send = z.object({ type: z.literal("send"), id, to: z.string(), body: z.unknown() });
/** A run: messages to one receiver with ids in a row, of which `id` is the last one's. */
export const upRun = z.object({ type: z.literal("send"), id, to: z.string(), bodies: z.array(z.unknown()) });
const ack = z.object({ type: z.literal("ack"), seq });
const read = z.object({ type: z.literal("read"), peer: z.string(), seq });
const typing = z.object({ type: z.literal("typing"), to: z.string() });
const watch = z.object({ type: z.literal("watch"), peers: z.array(z.string()).check(z.maxLength(WATCHED)) });
const token = z.object({ type: z.literal("token"), token: z.string().check(z.maxLength(TOKEN_UNITS)) });
/** The shape of what is said up; a test holds it still. */
export const upFrame = z.discriminatedUnion("type", [send, ack, read, typing, watch, token]);
/** A frame as a device writes it. */
export type UpFrame = z.infer<typeof upFrame>;

/** A message as it is kept: the canonical receiver, and the body as JSON text. */
export interface Send {
  readonly type: "send";
  readonly id: number;
  readonly to: string;
  readonly body: string;
}

interface Refused {
  readonly type: "refused";
  readonly id: number;
  readonly refusal: Refusal;
}

/** A frame as it is acted upon. `refused` is a send whose id could be read; `error` is anything else that was wrong. */
export type Up =
  | Send
  | z.infer<typeof ack>
  | z.infer<typeof read>
  | z.infer<typeof typing>
  | z.infer<typeof watch>
  | z.infer<typeof token>
  | Refused
  | { readonly type: "error"; readonly refusal: Refusal };

/** The frames of one text, parsed, each answered by itself; or one error for the whole text. Of several `watch` the last replaces the others. */
export function readFrames(value: unknown): readonly Up[] {
  const said: readonly unknown[] = Array.isArray(value) ? value : [value];
  let count = 0;
  for (const one of said) count += Math.max(1, isRun(one) ? one.bodies.length : 0);
  if (count > LIMITS.frames) {
    return [{ type: "error", refusal: refusal("too_large", `a text has at most ${LIMITS.frames} frames`) }];
  }
  const frames: Up[] = [];
  let watched: readonly string[] | null = null;
  for (const one of said) {
    if (isRun(one)) {
      readRun(one, frames);
      continue;
    }
    const frame = readFrame(one);
    if (frame.type === "watch") watched = frame.peers;
    else frames.push(frame);
  }
  if (watched !== null) frames.push(readWatch(watched));
  return frames;
}

interface RunLike {
  readonly id?: unknown;
  readonly to?: unknown;
  readonly bodies: readonly unknown[];
}

/** Whether it is to be read as a run. */
function isRun(value: unknown): value is RunLike {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, "body")) return false;
  const { type, bodies } = value as { [Field in "type" | "bodies"]?: unknown };
  return type === "send" && Array.isArray(bodies);
}

/** Adds each message of a run to the frames, as if it had come by itself. */
function readRun(value: RunLike, frames: Up[]): void {
  if (!isWellFormed(value)) return void frames.push(unreadableRun(value));
  const { id, to, bodies } = value;
  const name = canonical(to);
  let next = id - bodies.length;
  for (const body of bodies) frames.push(readSend(++next, name, body));
}

/** Told without the library, as with a send. */
function isWellFormed(value: RunLike): value is z.infer<typeof upRun> {
  const { id, to, bodies } = value;
  return Number.isSafeInteger(id) && (id as number) >= bodies.length && bodies.length > 0 && typeof to === "string";
}

function unreadableRun(value: RunLike): Up {
  const { id, to } = value;
  if (!Number.isSafeInteger(id) || (id as number) < 1) return error(wrong("id"));
  const why = typeof to === "string" ? "a run has one body or more, and its id is the last one's" : wrong("to");
  return refused(id as number, refusal("bad_frame", why));
}

function readFrame(value: unknown): Up {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return error("it is no object");
  if (isSend(value)) return readSend(value.id, canonical(value.to), value.body);
  // The names of a watch are read when it is known to be the last one.
  if (isAck(value) || isWatch(value) || isToken(value)) return value;
  if (isTyping(value)) return named(value.to, (to) => ({ type: "typing", to }));
  if (isRead(value)) return named(value.peer, (peer) => ({ type: "read", peer, seq: value.seq }));
  return unreadable(value);
}

/**
 * Nearly every frame is a send, and nearly every send is well-formed: told here without the library, at a tenth of its time, as are all other
 * frames. A test holds that what is taken is what the schema takes.
 */
export function isSend(value: object): value is z.infer<typeof send> {
  const { type, id, to } = value as { [Field in "type" | "id" | "to"]?: unknown };
  return (
    type === "send" &&
    Number.isSafeInteger(id) &&
    (id as number) >= 1 &&
    typeof to === "string" &&
    Object.hasOwn(value, "body")
  );
}

/** The same for what a device says next to often. */
export function isAck(value: object): value is z.infer<typeof ack> {
  const { type, seq } = value as { [Field in "type" | "seq"]?: unknown };
  return type === "ack" && Number.isSafeInteger(seq) && (seq as number) >= 0;
}

/** The same for the others: where somebody floods, a refusal has to be cheaper than the frame. */
export function isWatch(value: object): value is z.infer<typeof watch> {
  const { type, peers } = value as { [Field in "type" | "peers"]?: unknown };
  if (type !== "watch" || !Array.isArray(peers) || peers.length > WATCHED) return false;
  return peers.every((peer) => typeof peer === "string");
}

export function isToken(value: object): value is z.infer<typeof token> {
  const { type, token: text } = value as { [Field in "type" | "token"]?: unknown };
  return type === "token" && typeof text === "string" && text.length <= TOKEN_UNITS;
}

export function isTyping(value: object): value is z.infer<typeof typing> {
  const { type, to } = value as { [Field in "type" | "to"]?: unknown };
  return type === "typing" && typeof to === "string";
}

export function isRead(value: object): value is z.infer<typeof read> {
  const { type, peer, seq } = value as { [Field in "type" | "peer" | "seq"]?: unknown };
  return type === "read" && typeof peer === "string" && Number.isSafeInteger(seq) && (seq as number) >= 0;
}

function readSend(id: number, to: Name, value: unknown): Send | Refused {
  if ("refused" in to) return refused(id, refusal(to.refused));
  const body = serializeReceivedBody(value);
  return typeof body === "string" ? { type: "send", id, to: to.name, body } : refused(id, body);
}

/** A message as it is kept, or why it can't be. */
export function readMessage(receiver: string, value: unknown): Outgoing {
  // Over HTTP there are no ids.
  const said = readSend(0, canonical(receiver), value);
  return said.type === "send" ? { to: said.to, body: said.body } : { refused: said.refusal };
}

function readWatch(raw: readonly string[]): Up {
  const peers = [];
  for (const one of raw) {
    const peer = canonical(one);
    if ("refused" in peer) return { type: "error", refusal: refusal(peer.refused) };
    peers.push(peer.name);
  }
  return { type: "watch", peers };
}

function named(raw: string, make: (name: string) => Up): Up {
  const name = canonical(raw);
  return "refused" in name ? { type: "error", refusal: refusal(name.refused) } : make(name.name);
}

/** What is wrong of a frame that is none of the above: the first of its fields, in the order of the schema. */
function unreadable(value: object): Up {
  const { type, id, to, peer } = value as { [Field in "type" | "id" | "to" | "peer"]?: unknown };
  switch (type) {
    case "send":
      if (!Number.isSafeInteger(id) || (id as number) < 1) return error(wrong("id"));
      return refused(id as number, refusal("bad_frame", wrong(typeof to === "string" ? "body" : "to")));
    case "ack":
      return error(wrong("seq"));
    case "read":
      return error(wrong(typeof peer === "string" ? "seq" : "peer"));
    case "typing":
      return error(wrong("to"));
    case "watch":
      return error(wrong("peers"));
    case "token":
      return error(wrong("token"));
    default:
      return error("its type is missing or unknown");
  }
}

function wrong(field: string): string {
  return `${field} is missing or not of its form`;
}

function error(detail: string): Up {
  return { type: "error", refusal: refusal("bad_frame", detail) };
}

function refused(id: number, why: Refusal): Refused {
  return { type: "refused", id, refusal: why };
}
