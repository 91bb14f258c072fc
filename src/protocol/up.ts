// Frames from a v1 device: their schema. The caller checks the size of a text and parses it; nothing behind this is
// `unknown`.
import * as z from "zod/mini";
import { LIMITS, NUMBER_END, MAX_TOKEN_UNITS, MAX_WATCHED_PEERS } from "./limits.ts";
import type { OutgoingMessage } from "./http-messages.ts";
import { canonical, type NameResult } from "./names.ts";
import { serializeReceivedBody } from "./received-body.ts";
import { type CodeIn, type Refusal, refusal } from "./refusals.ts";
import { isRelationKind, RELATIONS, relationProblem, type RelationRef } from "./relation.ts";

z.config({ jitless: true });

const id = z.int().check(z.gte(1), z.lt(NUMBER_END));
const seq = z.int().check(z.gte(0), z.lt(NUMBER_END));

/** What the message has to do with an earlier one of the user's log. */
export const relationRef = z.object({ to: id, is: z.enum(RELATIONS) });
const re = z.optional(relationRef);
const send = z.object({ type: z.literal("send"), id, to: z.string(), body: z.unknown(), re });
/** A run: messages to one receiver with consecutive ids, of which `id` is the last. */
export const upRun = z.object({ type: z.literal("send"), id, to: z.string(), bodies: z.array(z.unknown()) });
const ack = z.object({ type: z.literal("ack"), seq });
const read = z.object({ type: z.literal("read"), peer: z.string(), seq });
const typing = z.object({ type: z.literal("typing"), to: z.string() });
const watch = z.object({ type: z.literal("watch"), peers: z.array(z.string()).check(z.maxLength(MAX_WATCHED_PEERS)) });
const token = z.object({ type: z.literal("token"), token: z.string().check(z.maxLength(MAX_TOKEN_UNITS)) });
/** The schema of frames from a device. The wire test pins it. */
export const upFrame = z.discriminatedUnion("type", [send, ack, read, typing, watch, token]);
/** A frame as a device writes it. */
export type UpFrame = z.infer<typeof upFrame>;

/** A message to store: the canonical receiver, and the body as JSON text. `re`: absent for most. */
export interface SendFrame {
  readonly type: "send";
  readonly id: number;
  readonly to: string;
  readonly body: string;
  readonly re?: RelationRef;
}

interface RefusedFrame {
  readonly type: "refused";
  readonly id: number;
  readonly refusal: Refusal<"bad_frame" | "bad_name" | "reserved_name" | "too_large">;
}

/** A parsed frame. `refused`: an invalid send with a readable id; `error`: every other invalid frame. */
export type Up =
  | SendFrame
  | z.infer<typeof ack>
  | z.infer<typeof read>
  | z.infer<typeof typing>
  | z.infer<typeof watch>
  | z.infer<typeof token>
  | RefusedFrame
  | { readonly type: "error"; readonly refusal: Refusal<CodeIn<"error">> };

/**
 * The frames of one parsed text, each with its own result; or one error for the whole text. Of several `watch` frames
 * only the last is read, because it replaces the others.
 */
export function readFrames(value: unknown): readonly Up[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  let count = 0;
  for (const one of values) count += Math.max(1, isRun(one) ? one.bodies.length : 0);
  if (count > LIMITS.frames) {
    return [{ type: "error", refusal: refusal("too_large", `a text has at most ${LIMITS.frames} frames`) }];
  }
  const frames: Up[] = [];
  let watched: readonly string[] | null = null;
  for (const one of values) {
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

/** Whether to read it as a run. */
function isRun(value: unknown): value is RunLike {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, "body")) return false;
  const { type, bodies } = value as { [Field in "type" | "bodies"]?: unknown };
  return type === "send" && Array.isArray(bodies);
}

/** Adds each message of a run to the frames, as if it had come alone. */
function readRun(value: RunLike, frames: Up[]): void {
  if (!isWellFormed(value)) return void frames.push(malformedRun(value));
  const { id, to, bodies } = value;
  const name = canonical(to);
  let next = id - bodies.length;
  for (const body of bodies) frames.push(readSend(++next, name, body));
}

/** Checked without the schema library, like a send. */
function isWellFormed(value: RunLike): value is z.infer<typeof upRun> {
  const { id, to, bodies } = value;
  if (Object.hasOwn(value, "re")) return false;
  return Number.isSafeInteger(id) && (id as number) >= bodies.length && bodies.length > 0 && typeof to === "string";
}

function malformedRun(value: RunLike): Up {
  const { id, to } = value;
  if (!Number.isSafeInteger(id) || (id as number) < 1) return errorFrame(fieldProblem("id"));
  const isOfMessage = typeof to === "string" && Object.hasOwn(value, "re");
  const form = isOfMessage ? "re is for one message" : "a run has one body or more, and its id is the last one's";
  const why = typeof to === "string" ? form : fieldProblem("to");
  return refusedFrame(id as number, refusal("bad_frame", why));
}

function readFrame(value: unknown): Up {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return errorFrame("it is no object");
  if (isSend(value)) return readSend(value.id, canonical(value.to), value.body, value.re);
  // The names of a watch are parsed once it is known to be the last.
  if (isAck(value) || isWatch(value) || isToken(value)) return value;
  if (isTyping(value)) return withName(value.to, (to) => ({ type: "typing", to }));
  if (isRead(value)) return withName(value.peer, (peer) => ({ type: "read", peer, seq: value.seq }));
  return malformedFrame(value);
}

/**
 * Most frames are well-formed sends: checked here without the schema library, in a tenth of its time, as are all other
 * frames. A test proves that these checks accept exactly what the schema accepts.
 */
function isSend(value: object): value is z.infer<typeof send> {
  const { type, id, to, re: relation } = value as { [Field in "type" | "id" | "to" | "re"]?: unknown };
  return (
    type === "send" &&
    Number.isSafeInteger(id) &&
    (id as number) >= 1 &&
    typeof to === "string" &&
    Object.hasOwn(value, "body") &&
    (relation === undefined || isRelationRef(relation))
  );
}

function isRelationRef(value: unknown): value is RelationRef {
  if (typeof value !== "object" || value === null) return false;
  const { to, is } = value as { [Field in "to" | "is"]?: unknown };
  return Number.isSafeInteger(to) && (to as number) >= 1 && isRelationKind(is);
}

/** The same for `ack`, the second most frequent frame. */
function isAck(value: object): value is z.infer<typeof ack> {
  const { type, seq } = value as { [Field in "type" | "seq"]?: unknown };
  return type === "ack" && Number.isSafeInteger(seq) && (seq as number) >= 0;
}

/** The same for the others: in a flood, refusing a frame must be cheaper than sending it. */
function isWatch(value: object): value is z.infer<typeof watch> {
  const { type, peers } = value as { [Field in "type" | "peers"]?: unknown };
  if (type !== "watch" || !Array.isArray(peers) || peers.length > MAX_WATCHED_PEERS) return false;
  return peers.every((peer) => typeof peer === "string");
}

function isToken(value: object): value is z.infer<typeof token> {
  const { type, token: text } = value as { [Field in "type" | "token"]?: unknown };
  return type === "token" && typeof text === "string" && text.length <= MAX_TOKEN_UNITS;
}

export function isTyping(value: object): value is z.infer<typeof typing> {
  const { type, to } = value as { [Field in "type" | "to"]?: unknown };
  return type === "typing" && typeof to === "string";
}

export function isRead(value: object): value is z.infer<typeof read> {
  const { type, peer, seq } = value as { [Field in "type" | "peer" | "seq"]?: unknown };
  return type === "read" && typeof peer === "string" && Number.isSafeInteger(seq) && (seq as number) >= 0;
}

function readSend(id: number, to: NameResult, value: unknown, relation?: RelationRef): SendFrame | RefusedFrame {
  if ("refused" in to) return refusedFrame(id, refusal(to.refused));
  const body = serializeReceivedBody(value);
  if (typeof body !== "string") return refusedFrame(id, body);
  if (relation === undefined) return { type: "send", id, to: to.name, body };
  const problem = relationProblem(relation.is, value);
  if (problem !== null) return refusedFrame(id, refusal("bad_frame", problem));
  return { type: "send", id, to: to.name, body, re: { to: relation.to, is: relation.is } };
}

/** A message to store, or why it is refused. */
export function readMessage(receiver: string, value: unknown, relation?: RelationRef): OutgoingMessage {
  // Over HTTP there are no ids.
  const frame = readSend(0, canonical(receiver), value, relation);
  if (frame.type === "refused") return { refused: frame.refusal };
  const { to, body, re: about } = frame;
  return about === undefined ? { to, body } : { to, body, re: about };
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

function withName(raw: string, make: (name: string) => Up): Up {
  const name = canonical(raw);
  return "refused" in name ? { type: "error", refusal: refusal(name.refused) } : make(name.name);
}

/** The problem of a malformed frame: its first wrong field, in the order of the schema. */
function malformedFrame(value: object): Up {
  const { type, id, to, peer } = value as { [Field in "type" | "id" | "to" | "peer"]?: unknown };
  switch (type) {
    case "send":
      if (!Number.isSafeInteger(id) || (id as number) < 1) return errorFrame(fieldProblem("id"));
      return refusedFrame(id as number, refusal("bad_frame", fieldProblem(wrongFieldOfSend(value, to))));
    case "ack":
      return errorFrame(fieldProblem("seq"));
    case "read":
      return errorFrame(fieldProblem(typeof peer === "string" ? "seq" : "peer"));
    case "typing":
      return errorFrame(fieldProblem("to"));
    case "watch":
      return errorFrame(fieldProblem("peers"));
    case "token":
      return errorFrame(fieldProblem("token"));
    default:
      return errorFrame("its type is missing or unknown");
  }
}

function wrongFieldOfSend(value: object, to: unknown): string {
  if (typeof to !== "string") return "to";
  return Object.hasOwn(value, "body") ? "re" : "body";
}

function fieldProblem(field: string): string {
  return `${field} is missing or not of its form`;
}

function errorFrame(detail: string): Up {
  return { type: "error", refusal: refusal("bad_frame", detail) };
}

function refusedFrame(id: number, why: RefusedFrame["refusal"]): RefusedFrame {
  return { type: "refused", id, refusal: why };
}
