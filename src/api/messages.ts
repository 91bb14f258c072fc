// The route for sending over HTTP: one message or several, with the replies that a socket would have sent.
import { z } from "@hono/zod-openapi";
import { jsonResponse, refuseByMailbox } from "../identity/call-mailbox.ts";
import { confirmToken } from "../identity/request-token.ts";
import { problemResponse } from "../identity/problem-response.ts";
import { hashOf } from "../identity/token.ts";
import { identifyCaller } from "../identity/identify-caller.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { IdempotencyKey, OutgoingMessage, SendOutcome } from "../protocol/http-messages.ts";
import { type Code, codesIn } from "../protocol/refusals.ts";
import { sortKeys } from "../protocol/sorted-json.ts";
import { RELATIONS } from "../protocol/relation.ts";
import { readMessage } from "../protocol/up.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { listOf, seq, time, userQuery } from "./schemas.ts";

/** Refusals about the receiver's name, and about the body. */
const NAME_REFUSALS: ReadonlySet<Code> = new Set(["bad_name", "reserved_name"]);
const BODY_REFUSALS: ReadonlySet<Code> = new Set(["bad_frame", "too_large"]);
/** Refusals about the message to which this one relates. */
const RELATION_REFUSALS: ReadonlySet<Code> = new Set(["no_such_message", "forbidden"]);

/** Characters of an idempotency key. Answers: keys as storage. */
const MAX_KEY_LENGTH = 255;

const message = z
  .strictObject({
    to: z.string().meta({ description: "The receiver's userName, in any spelling", example: "bob" }),
    body: z
      .unknown()
      .refine((body) => body !== undefined, "it is missing")
      .openapi({ description: "Any JSON value, of at most 65,536 bytes", example: "hi" }),
    re: z
      .strictObject({ to: seq.min(1), is: z.enum(RELATIONS) })
      .optional()
      .meta({ description: "What it has to do with an earlier message of the conversation ([I1])" }),
  })
  .meta({ id: "Outgoing" });

const outcome = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("accepted"),
      entry: seq.optional().meta({ description: "Its seq in your log, unless retention removed it" }),
      at: time.optional(),
      state: z.enum(["stored", "queued"]),
    }),
    z.object({
      type: z.literal("refused"),
      code: z.enum(codesIn("http")),
      message: z.string(),
      retryAfter: z.int().optional(),
      affects: z
        .enum(["receiver"])
        .optional()
        .meta({ description: "Only messages to this receiver are refused now ([S11])" }),
    }),
  ])
  .meta({ id: "Outcome" });

export const messages = createApi();

declareRoute(
  messages,
  {
    method: "post",
    path: "/api/messages",
    tag: "Messages",
    summary: "Send one message, or several",
    description:
      "Sends as the token's owner. A refused single message is a problem; several messages each get a result, in their order. With `Idempotency-Key`, stored for 24 hours, the same request can safely be repeated: accepted messages get their earlier result, refused ones are tried again.",
    scope: "send",
    query: z.object(userQuery),
    headers: z.object({
      "idempotency-key": z
        .string()
        .regex(
          new RegExp(`^[\\x21-\\x7e]{1,${MAX_KEY_LENGTH}}$`),
          `it must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`,
        )
        .optional()
        .meta({ example: "order-1234" }),
    }),
    body: z.union([message, listOf(message, LIMITS.frames)]),
    bytes: LIMITS.textBytes,
    responses: { 200: z.union([outcome, z.array(outcome)]) },
    refusals: [
      "bad_name",
      "reserved_name",
      "no_such_message",
      "forbidden",
      "id_reused",
      "declined",
      "rate_limited",
      "mailbox_full",
      "erased",
    ],
  },
  async (c, { body, headers }) => {
    const caller = await identifyCaller(c, null);
    if ("refused" in caller) return problemResponse(caller.refused);
    const all = [body].flat();
    const name = headers["idempotency-key"];
    const messagesToSend = all.map(({ to, body: value, re }) => readMessage(to, value, re));
    const key = name === undefined ? null : await keyOf(name, messagesToSend);
    const answer = await c.env.MAILBOX.getByName(caller.name).send(caller, { messages: messagesToSend, key });
    if ("refused" in answer) return refuseByMailbox(c, answer.refused);
    confirmToken(c);
    return Array.isArray(body)
      ? jsonResponse(c, answer.value)
      : singleOutcome(answer.value[0], (value) => jsonResponse(c, value));
  },
);

async function keyOf(name: string, messagesToSend: readonly OutgoingMessage[]): Promise<IdempotencyKey> {
  const sorted = messagesToSend.map((each) => ("body" in each ? { ...each, body: sortKeys(each.body) } : each));
  return { name, digest: await hashOf(JSON.stringify(messagesToSend)), sorted: await hashOf(JSON.stringify(sorted)) };
}

/** The response to a single message: if it is refused, the request fails with a problem. */
function singleOutcome(outcome: SendOutcome | undefined, respond: (outcome: SendOutcome) => Response): Response {
  if (outcome === undefined) throw new Error("a message without an answer");
  if (outcome.type === "accepted") return respond(outcome);
  const { code, message, retryAfter, affects } = outcome;
  const field = fieldOf(code);
  return problemResponse({
    code,
    message,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(affects !== undefined && { affects }),
    ...(field !== undefined && { field }),
  });
}

/** The field of a message that a refusal is about. */
function fieldOf(code: Code): string | undefined {
  if (NAME_REFUSALS.has(code)) return "to";
  if (BODY_REFUSALS.has(code)) return "body";
  return RELATION_REFUSALS.has(code) ? "re" : undefined;
}
