// The log over HTTP: page by page, or as server-sent events; and what a device holds.
import { z } from "@hono/zod-openapi";
import { callMailbox, refuseByMailbox } from "../identity/call-mailbox.ts";
import { confirmToken } from "../identity/request-token.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import { identifyCaller } from "../identity/identify-caller.ts";
import type { ConnectionQuery } from "../protocol/connection-query.ts";
import { readRefusal, refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { toRequest } from "../protocol/connection-request.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { device, logFrame, seq, seqText, integerText, userQuery } from "./schemas.ts";
import type { RequestContext } from "../identity/request-context.ts";

/** Frames of a page, at most and by default. Answers: an answer that fills memory. */
const MAX_FRAMES = 1_000;
const DEFAULT_FRAMES = 200;

const EVENT_STREAM = "text/event-stream";

const positionQuery = {
  device: device.optional(),
  epoch: z.string().min(1).max(64).optional().meta({ description: "The one that the last answer had" }),
  cursor: z
    .union([z.literal("head"), seqText], { error: "it must be a seq, or head" })
    .optional()
    .meta({ description: "What you hold everything up to, or `head` for what comes from now on" }),
};

const page = z
  .object({
    epoch: z.string().nullable().meta({ description: "Null as long as the mailbox has not begun" }),
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
    summary: "Read the log from a cursor, or follow it",
    description:
      "A page of log frames, as a socket would get them. With `Accept: text/event-stream` server-sent events that go on: one frame an event, log frames with the id `epoch:seq`, so that `Last-Event-ID` resumes. A stream needs `device`, takes the place of that device's connection, and keeps the mailbox awake. With `device`, to ask with a cursor is to hold everything up to it.",
    scope: "read",
    query: z.object({ ...positionQuery, limit: integerText(MAX_FRAMES, 1).optional(), ...userQuery }),
    headers: z.object({
      "last-event-id": z
        .string()
        .regex(/^[\w-]{1,64}:\d{1,16}$/, "it must be the id of an event: epoch:seq")
        .optional()
        .meta({ description: "Goes before `epoch` and `cursor`" }),
      accept: z.string().optional(),
    }),
    responses: { 200: page },
    otherTypes: { [EVENT_STREAM]: z.string() },
    refusals: ["bad_query", "erased"],
  },
  (c, { query, headers }) => {
    const at = positionOf(query.epoch, query.cursor, headers["last-event-id"]);
    if (acceptsEventStream(headers.accept)) return openEventStream(c, query.device, at);
    return callMailbox(c, (mailbox, caller) => {
      return mailbox.entries(caller, { device: query.device ?? null, ...at, limit: query.limit ?? DEFAULT_FRAMES });
    });
  },
);

declareRoute(
  entries,
  {
    method: "post",
    path: "/api/acks",
    tag: "Log",
    summary: "Say what a device holds",
    description: "The frame `ack`, for a device without a socket: the authors hear that it was delivered.",
    scope: "read",
    query: z.object(userQuery),
    body: z.strictObject({ device, seq }).meta({ id: "Ack" }),
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c, { body }) => callMailbox(c, (mailbox, caller) => mailbox.ack(caller, body.device, body.seq), 200, ["read"]),
);

type Position = Pick<ConnectionQuery, "epoch" | "cursor">;

function positionOf(
  epoch: string | undefined,
  cursor: Position["cursor"] | undefined,
  id: string | undefined,
): Position {
  if (id === undefined) return { epoch: epoch ?? null, cursor: cursor ?? null };
  const [life = "", last = ""] = id.split(":");
  return { epoch: life, cursor: Number(last) };
}

function acceptsEventStream(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((one) => one.split(";")[0]?.trim().toLowerCase() === EVENT_STREAM);
}

/** The mailbox itself answers, as it answers an upgrade, with a body that does not end. */
async function openEventStream(c: RequestContext, name: string | undefined, at: Position): Promise<Response> {
  if (name === undefined) return problem({ ...refusal("bad_query", "device: a stream needs one"), field: "device" });
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problem(caller.refused);
  const visit = { ...caller, answer: null, dialect: V1, place: { device: name, ...at }, stream: true } as const;
  const response = await c.env.MAILBOX.getByName(caller.name).fetch(toRequest(visit));
  if (!response.ok) return refuseByMailbox(c, readRefusal(await response.json()));
  confirmToken(c);
  return new Response(response.body, {
    headers: {
      "Content-Type": `${EVENT_STREAM}; charset=utf-8`,
      // Nothing on the way keeps, changes or gathers it.
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    },
  });
}
