// The log over HTTP: page by page, or as server-sent events; and what a device holds.
import { z } from "@hono/zod-openapi";
import { callMailbox, refusedBy } from "../identity/call-mailbox.ts";
import { confirm } from "../identity/request-token.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import { type Asking, identifyCaller } from "../identity/identify-caller.ts";
import type { ConnectionQuery } from "../protocol/connection-query.ts";
import { readRefusal, refusal } from "../protocol/refusals.ts";
import { V1 } from "../protocol/version.ts";
import { toRequest } from "../protocol/connection-request.ts";
import { api, route } from "./declare-route.ts";
import { device, logFrame, seq, seqText, whole, whose } from "./schemas.ts";

/** Frames of a page, at most and by default. Answers: an answer that fills memory. */
const MOST = 1_000;
const DEFAULT = 200;

const EVENTS = "text/event-stream";

const place = {
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

export const entries = api();

route(
  entries,
  {
    method: "get",
    path: "/api/entries",
    tag: "Log",
    does: "Read the log from a cursor, or follow it",
    about:
      "A page of log frames, as a socket would get them. With `Accept: text/event-stream` server-sent events that go on: one frame an event, log frames with the id `epoch:seq`, so that `Last-Event-ID` resumes. A stream needs `device`, takes the place of that device's connection, and keeps the mailbox awake. With `device`, to ask with a cursor is to hold everything up to it.",
    scope: "read",
    query: z.object({ ...place, limit: whole(MOST, 1).optional(), ...whose }),
    headers: z.object({
      "last-event-id": z
        .string()
        .regex(/^[\w-]{1,64}:\d{1,16}$/, "it must be the id of an event: epoch:seq")
        .optional()
        .meta({ description: "Goes before `epoch` and `cursor`" }),
      accept: z.string().optional(),
    }),
    answers: { 200: page },
    also: { [EVENTS]: z.string() },
    no: ["bad_query", "erased"],
  },
  (c, { query, headers }) => {
    const at = placeOf(query.epoch, query.cursor, headers["last-event-id"]);
    if (streams(headers.accept)) return follow(c, query.device, at);
    return callMailbox(c, (mailbox, visitor) => {
      return mailbox.entries(visitor, { device: query.device ?? null, ...at, limit: query.limit ?? DEFAULT });
    });
  },
);

route(
  entries,
  {
    method: "post",
    path: "/api/acks",
    tag: "Log",
    does: "Say what a device holds",
    about: "The frame `ack`, for a device without a socket: the authors hear that it was delivered.",
    scope: "read",
    query: z.object(whose),
    body: z.strictObject({ device, seq }).meta({ id: "Ack" }),
    answers: { 204: null },
    no: ["not_found"],
  },
  (c, { body }) => callMailbox(c, (mailbox, visitor) => mailbox.ack(visitor, body.device, body.seq), 200, ["read"]),
);

type At = Pick<ConnectionQuery, "epoch" | "cursor">;

function placeOf(epoch: string | undefined, cursor: At["cursor"] | undefined, id: string | undefined): At {
  if (id === undefined) return { epoch: epoch ?? null, cursor: cursor ?? null };
  const [life = "", last = ""] = id.split(":");
  return { epoch: life, cursor: Number(last) };
}

function streams(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((one) => one.split(";")[0]?.trim().toLowerCase() === EVENTS);
}

/** The mailbox itself answers, as it answers an upgrade, with a body that does not end. */
async function follow(c: Asking, name: string | undefined, at: At): Promise<Response> {
  if (name === undefined) return problem({ ...refusal("bad_query", "device: a stream needs one"), field: "device" });
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const visit = { ...visitor, answer: null, dialect: V1, place: { device: name, ...at }, stream: true } as const;
  const response = await c.env.MAILBOX.getByName(visitor.name).fetch(toRequest(visit));
  if (!response.ok) return refusedBy(c, readRefusal(await response.json()));
  confirm(c);
  return new Response(response.body, {
    headers: {
      "Content-Type": `${EVENTS}; charset=utf-8`,
      // Nothing on the way keeps, changes or gathers it.
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    },
  });
}
