// Whom the user hears from, and what the user lets others know.
import { z } from "@hono/zod-openapi";
import { callMailbox } from "../identity/call-mailbox.ts";
import { api, route } from "./declare-route.ts";
import { canonicalName, name, whose } from "./schemas.ts";

const tag = "People";
const query = z.object(whose);
const params = z.object({ userName: name });
const no = ["bad_name", "reserved_name", "not_found", "mailbox_full", "erased"] as const;

const settings = z.object({ receipts: z.boolean(), presence: z.boolean() });

export const people = api();

route(
  people,
  {
    method: "get",
    path: "/api/requests",
    tag,
    does: "Who waits to be accepted",
    scope: "read",
    query,
    answers: { 200: z.array(canonicalName) },
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.standing(visitor, "request")),
);

route(
  people,
  {
    method: "put",
    path: "/api/contacts/{userName}",
    tag,
    does: "Accept a request",
    scope: "send",
    params,
    query,
    answers: { 204: null },
    no,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, visitor) => mailbox.accept(visitor, userName)),
);

route(
  people,
  {
    method: "get",
    path: "/api/blocks",
    tag,
    does: "Who is blocked",
    scope: "read",
    query,
    answers: { 200: z.array(canonicalName) },
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.standing(visitor, "blocked")),
);

route(
  people,
  {
    method: "put",
    path: "/api/blocks/{userName}",
    tag,
    does: "Block somebody, who does not learn of it",
    scope: "send",
    params,
    query,
    answers: { 204: null },
    no,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, visitor) => mailbox.block(visitor, userName)),
);

route(
  people,
  {
    method: "delete",
    path: "/api/blocks/{userName}",
    tag,
    does: "Let somebody go",
    scope: "send",
    params,
    query,
    answers: { 204: null },
    no,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, visitor) => mailbox.unblock(visitor, userName)),
);

route(
  people,
  {
    method: "get",
    path: "/api/settings",
    tag,
    does: "What others are let know",
    scope: "read",
    query,
    answers: { 200: settings },
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.settings(visitor, {})),
);

route(
  people,
  {
    method: "put",
    path: "/api/settings",
    tag,
    does: "Change what others are let know; off works both ways",
    scope: "send",
    query,
    body: z.strictObject(settings.shape).partial().meta({ id: "Settings" }),
    answers: { 200: settings },
  },
  (c, { body: { receipts, presence } }) => {
    const change = { ...(receipts !== undefined && { receipts }), ...(presence !== undefined && { presence }) };
    return callMailbox(c, (mailbox, visitor) => mailbox.settings(visitor, change));
  },
);
