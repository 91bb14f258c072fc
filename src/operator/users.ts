// What operators do with one user: look, disconnect, suspend, trace a message, take an export, erase. All of it through the user's own
// mailbox, which has no body to show to anybody but in an export.
import { z } from "@hono/zod-openapi";
import { api, route } from "../api/declare-route.ts";
import { line, name, seqText, time } from "../api/schemas.ts";
import { actingIn } from "../identity/acting-operator.ts";
import { answered } from "../identity/call-mailbox.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import { logEvent } from "../protocol/log-events.ts";
import { SERVICES } from "../protocol/registry.ts";
import { sendOrder, told } from "./send-order.ts";
import * as schema from "./schemas.ts";
import { trace } from "./trace-message.ts";

/** UTF-16 units of what an operator notes about a suspension. Answers: notes as storage. */
const REASON = 500;

const user = z.object({ userName: name });
const operators = { tag: "Operators", scope: "admin", params: user } as const;
const gone = ["unknown_receiver", "erased"] as const;

/** As the mailbox takes it from somebody who was let through here. */
const visitor = (userName: string) => ({ name: userName, proof: { is: "operator" } }) as const;

export const users = api();

route(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}",
    does: "Look at a mailbox",
    about: "Also at one that nobody has: that leaves no trace.",
    answers: { 200: schema.overview },
  },
  async (c, { params }) => told(c, await sendOrder(c, params.userName, { is: "look" })),
);

route(
  users,
  {
    ...operators,
    method: "post",
    path: "/api/admin/users/{userName}/disconnect",
    does: "Close a user's sockets",
    about: "Those of one device, or all. They may come back at once; whoever must not is suspended.",
    body: z.strictObject({ device: z.string().min(1).max(64).optional() }),
    answers: { 200: z.object({ closed: z.int() }) },
    no: gone,
  },
  async (c, { params: { userName }, body: { device = null } }) => {
    const answer = await sendOrder(c, userName, { is: "disconnect", device });
    if ("value" in answer) logEvent("disconnected", { user: userName, device, sockets: answer.value, ...actingIn(c) });
    return told(c, answer, (closed) => ({ closed }));
  },
);

route(
  users,
  {
    ...operators,
    method: "put",
    path: "/api/admin/users/{userName}/suspension",
    does: "Suspend a user",
    about:
      "Until it is lifted the user's sockets are closed (4403), nobody comes in or sends as them, and what is sent to them is declined. Nothing of the mailbox is lost.",
    body: z.strictObject({ reason: line(REASON).optional() }),
    answers: { 200: z.object({ at: time, reason: z.string() }) },
    no: gone,
  },
  async (c, { params: { userName }, body: { reason = "" } }) => {
    const answer = await sendOrder(c, userName, { is: "suspend", reason });
    if ("value" in answer) logEvent("suspended", { user: userName, ...actingIn(c) });
    return told(c, answer);
  },
);

route(
  users,
  {
    ...operators,
    method: "delete",
    path: "/api/admin/users/{userName}/suspension",
    does: "Let a suspended user in again",
    answers: { 204: null },
    no: gone,
  },
  async (c, { params: { userName } }) => {
    const answer = await sendOrder(c, userName, { is: "resume" });
    if ("value" in answer) logEvent("resumed", { user: userName, ...actingIn(c) });
    return told(c, answer);
  },
);

route(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}/messages/{seq}",
    does: "Trace one message over both mailboxes",
    params: user.extend({ seq: seqText }),
    answers: { 200: schema.trace },
    no: ["unknown_receiver", "not_found", "gone"],
  },
  async (c, { params: { userName, seq } }) => told(c, await trace(c, userName, seq)),
);

route(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}/export",
    does: "Take everything that a user's mailbox keeps, as JSON Lines",
    answers: { 200: null },
    also: { "application/jsonl": z.string() },
    no: gone,
  },
  async (c, { params: { userName } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).export(visitor(userName));
    if ("refused" in answer) return problem(answer.refused);
    logEvent("exported", { user: userName, ...actingIn(c) });
    return c.body(answer.value, 200, {
      "Content-Type": "application/jsonl",
      "Content-Disposition": `attachment; filename="restante.jsonl"`,
      "Cache-Control": "no-store",
    });
  },
);

route(
  users,
  {
    ...operators,
    method: "post",
    path: "/api/admin/users/{userName}/restore",
    does: "Set a mailbox back to how it was",
    about:
      "Within the last 30 days, by the platform's point-in-time recovery, where there is one. Its sockets are closed. `undo` is the platform's bookmark of how it was before.",
    body: z.strictObject({ at: time.gte(1) }),
    answers: { 200: z.object({ undo: z.string() }) },
    no: [...gone, "not_found"],
  },
  async (c, { params: { userName }, body: { at } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).restore(userName, at);
    if ("value" in answer) logEvent("restored", { user: userName, to: at, ...actingIn(c) });
    return told(c, answer);
  },
);

route(
  users,
  {
    ...operators,
    method: "delete",
    path: "/api/admin/users/{userName}",
    does: "Erase a user, for good",
    about:
      "Everything in the mailbox is gone, and the name is given to nobody again. What others have of their messages stays theirs.",
    answers: { 204: null },
    no: gone,
  },
  async (c, { params: { userName } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).erase(visitor(userName));
    if ("refused" in answer) return problem(answer.refused);
    await c.env.REGISTRY.getByName(SERVICES).remove(userName);
    logEvent("erased", { user: userName, ...actingIn(c) });
    return answered(c, null);
  },
);
