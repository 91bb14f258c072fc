// Routes of the log: in pages, as server-sent events, and acknowledgements.
import { z } from "@hono/zod-openapi";
import { callMailbox, refuseByMailbox } from "../identity/call-mailbox.ts";
import { confirmToken } from "../identity/request-token.ts";
import { problemResponse } from "../identity/problem-response.ts";
import { identifyCaller } from "../identity/identify-caller.ts";
import { ATTEMPT_FORM, ATTEMPT_WORDS, type ConnectionQuery, readAttempt } from "../protocol/connection-query.ts";
import { MAX_EPOCH_UNITS } from "../protocol/limits.ts";
import { readRefusal, refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { toRequest } from "../protocol/connection-request.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { device, logFrame, seq, seqText, integerText, userQuery } from "./schemas.ts";
import type { RequestContext } from "../identity/request-context.ts";

/** Frames of a page, at most and by default. Answers: a response that fills memory. */
const MAX_FRAMES = 1_000;
const DEFAULT_FRAMES = 200;

const EVENT_STREAM = "text/event-stream";

const positionQuery = {
  device: device.optional(),
  epoch: z.string().min(1).max(MAX_EPOCH_UNITS).optional().meta({ description: "The epoch of the last response" }),
  cursor: z
    .union([z.literal("head"), seqText], { error: "it must be a seq, or head" })
    .optional()
    .meta({ description: "The seq up to which you have everything, or `head` for new entries only" }),
};

const attempt = z
  .string()
  .refine((text) => readAttempt(text) !== null, ATTEMPT_WORDS)
  .transform(readAttempt)
  .optional()
  .openapi({
    type: "string",
    pattern: ATTEMPT_FORM.source,
    example: "k3J9.2",
    description: "Of a stream: the client object, and which of its attempts this is ([R6])",
  });

const relations = z.literal("1").optional().meta({ description: "`1` asks for relations as they are ([I6])" });

const page = z
  .object({
    epoch: z.string().nullable().meta({ description: "Null if the mailbox does not exist yet" }),
    head: seq.meta({ description: "The highest seq given" }),
    cursor: seq.meta({ description: "Where the next page begins" }),
    more: z.boolean(),
    frames: z.array(logFrame),
  })
  .meta({ id: "Page" });

export const entries = createApi();

declareRoute(
  entries,
  {
    method: "get",
    path: "/api/entries",
    tag: "Log",
    summary: "Read the log from a cursor, or stream it",
    description:
      "A page of log frames, as a socket would get them. With `Accept: text/event-stream`, an endless stream of server-sent events: one frame an event, log frames with the id `epoch:seq`, so that `Last-Event-ID` resumes. A stream needs `device`, replaces that device's connection, and keeps the mailbox awake. With `device`, a cursor acknowledges everything up to it.",
    scope: "read",
    query: z.object({
      ...positionQuery,
      attempt,
      relations,
      limit: integerText(MAX_FRAMES, 1).optional(),
      ...userQuery,
    }),
    headers: z.object({
      "last-event-id": z
        .string()
        .regex(/^[\w-]{1,64}:\d{1,16}$/, "it must be the id of an event: epoch:seq")
        .optional()
        .meta({ description: "Takes precedence over `epoch` and `cursor`" }),
      accept: z.string().optional(),
    }),
    responses: { 200: page },
    otherTypes: { [EVENT_STREAM]: z.string() },
    refusals: ["bad_query", "erased", "replaced"],
  },
  (c, { query, headers }) => {
    const asked = { relations: query.relations === "1" };
    const at = positionOf(query.epoch, query.cursor, headers["last-event-id"]);
    if (acceptsEventStream(headers.accept))
      return openEventStream(c, query.device, { ...at, attempt: query.attempt ?? null, ...asked });
    return callMailbox(c, (mailbox, caller) => {
      const limit = query.limit ?? DEFAULT_FRAMES;
      return mailbox.entries(caller, { device: query.device ?? null, ...at, limit, ...asked });
    });
  },
);

declareRoute(
  entries,
  {
    method: "post",
    path: "/api/acks",
    tag: "Log",
    summary: "Acknowledge entries for a device",
    description: "The frame `ack`, for a device without a socket: the authors get delivery receipts.",
    scope: "read",
    query: z.object(userQuery),
    body: z.strictObject({ device, seq }).meta({ id: "Ack" }),
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c, { body }) => callMailbox(c, (mailbox, caller) => mailbox.ack(caller, body.device, body.seq)),
);

type Position = Pick<ConnectionQuery, "epoch" | "cursor">;

function positionOf(
  epoch: string | undefined,
  cursor: Position["cursor"] | undefined,
  id: string | undefined,
): Position {
  if (id === undefined) return { epoch: epoch ?? null, cursor: cursor ?? null };
  const [epochOfId = "", seqOfId = ""] = id.split(":");
  return { epoch: epochOfId, cursor: Number(seqOfId) };
}

function acceptsEventStream(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((one) => one.split(";")[0]?.trim().toLowerCase() === EVENT_STREAM);
}

/** Opens an event stream at the mailbox, which handles it like an upgrade and responds with an endless body. */
async function openEventStream(
  c: RequestContext,
  name: string | undefined,
  at: Omit<ConnectionQuery, "device">,
): Promise<Response> {
  if (name === undefined)
    return problemResponse({ ...refusal("bad_query", "device: a stream needs one"), field: "device" });
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const request = { ...caller, answer: null, dialect: V1, place: { device: name, ...at }, stream: true } as const;
  const response = await c.env.MAILBOX.getByName(caller.name).fetch(toRequest(request));
  if (!response.ok) return refuseByMailbox(c, readRefusal(await response.json()));
  confirmToken(c);
  return new Response(response.body, {
    headers: {
      "Content-Type": `${EVENT_STREAM}; charset=utf-8`,
      // No proxy may cache, transform or buffer the stream.
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    },
  });
}
