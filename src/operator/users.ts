// Operators' routes for one user: inspect, disconnect, suspend, trace a message, export, restore, erase. All go through
// the user's own mailbox, which returns message bodies only in an export.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { singleLine, name, seqText, time } from "../api/schemas.ts";
import { operatorFields } from "../identity/acting-operator.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { forgetUser, userListOf } from "../identity/user-list.ts";
import { problemResponse } from "../identity/problem-response.ts";
import { logEvent } from "../protocol/log-events.ts";
import { QUOTA_NAMES, type QuotaName } from "../protocol/own-quotas.ts";
import { SERVICES_OBJECT } from "../protocol/registry.ts";
import { VARIABLES } from "../protocol/variables.ts";
import { sendOrder, orderResponse } from "./send-order.ts";
import * as schema from "./schemas.ts";
import { traceMessage } from "./trace-message.ts";

/** UTF-16 units of an operator's note on a suspension. Answers: notes as storage. */
const MAX_REASON_UNITS = 500;

const user = z.object({ userName: name });
const operators = { tag: "Operators", scope: "admin", params: user } as const;
const refusals = ["unknown_receiver", "erased"] as const;

/** A change of quotas: each value as the variable of the name allows it. */
const quotaChange = z.strictObject(
  Object.fromEntries(
    QUOTA_NAMES.map((limit) => {
      const isValid = (value: number) => VARIABLES[limit].read(String(value)).problem === undefined;
      const value = z.int().gte(1).refine(isValid, "it is too large").nullable().optional();
      return [limit, value];
    }),
  ) as Record<QuotaName, z.ZodOptional<z.ZodNullable<z.ZodInt>>>,
);

/** The caller that a mailbox accepts for an operator. */
const operatorCaller = (userName: string) => ({ name: userName, proof: { is: "operator" } }) as const;

export const users = createApi();

declareRoute(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}",
    summary: "Inspect a mailbox",
    audit: "look",
    description: "Inspecting an unknown name creates nothing.",
    responses: { 200: schema.overview },
  },
  async (c, { params }) => orderResponse(c, await sendOrder(c, params.userName, { is: "look" })),
);

declareRoute(
  users,
  {
    ...operators,
    method: "post",
    path: "/api/admin/users/{userName}/disconnect",
    summary: "Close a user's sockets",
    audit: "disconnect",
    description: "Those of one device, or all. Clients may reconnect at once; to prevent that, suspend the user.",
    body: z.strictObject({ device: z.string().min(1).max(64).optional() }),
    responses: { 200: z.object({ closed: z.int() }) },
    refusals,
  },
  async (c, { params: { userName }, body: { device = null } }) => {
    const answer = await sendOrder(c, userName, { is: "disconnect", device });
    if ("value" in answer)
      logEvent("disconnected", { user: userName, device, sockets: answer.value, ...operatorFields(c) });
    return orderResponse(c, answer, (closed) => ({ closed }));
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "put",
    path: "/api/admin/users/{userName}/suspension",
    summary: "Suspend a user",
    audit: "suspend",
    description:
      "The user's sockets are closed (4403). Until the suspension ends or is lifted, the user can't connect or send, and messages to the user are declined. The mailbox is kept. Again for a suspended user: the end is replaced, and the reason if there is one.",
    body: z.strictObject({
      reason: singleLine(MAX_REASON_UNITS).optional(),
      until: time
        .refine((at) => at > Date.now(), "it must be in the future")
        .optional()
        .meta({ description: "When it ends, ms since 1970; without it, when an operator lifts it" }),
    }),
    responses: { 200: schema.suspension },
    refusals,
  },
  async (c, { params: { userName }, body: { reason = "", until = null } }) => {
    const answer = await sendOrder(c, userName, { is: "suspend", reason, until });
    if ("value" in answer) {
      logEvent("suspended", { user: userName, until, ...operatorFields(c) });
      await userListOf(c).setSuspended(userName, answer.value.at, until);
    }
    return orderResponse(c, answer);
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "delete",
    path: "/api/admin/users/{userName}/suspension",
    summary: "Lift a suspension",
    audit: "resume",
    responses: { 204: null },
    refusals,
  },
  async (c, { params: { userName } }) => {
    const answer = await sendOrder(c, userName, { is: "resume" });
    if ("value" in answer) {
      logEvent("resumed", { user: userName, ...operatorFields(c) });
      await userListOf(c).setResumed(userName);
    }
    return orderResponse(c, answer);
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "patch",
    path: "/api/admin/users/{userName}/quotas",
    summary: "Set quotas of one user",
    audit: "set_quotas",
    description:
      "By the names of the deployment's variables, in whose place they apply; null: the deployment's applies again. The user's rate limits begin anew. Nothing applies while RATE_LIMIT is off.",
    body: quotaChange,
    responses: { 200: schema.ownQuotas },
    refusals,
  },
  async (c, { params: { userName }, body: change }) => {
    const answer = await sendOrder(c, userName, { is: "quotas", change });
    if ("value" in answer) {
      const changed = Object.entries(change).map(([limit, value]) => `${limit}=${value ?? "default"}`);
      logEvent("quotas_set", { user: userName, quotas: changed.join(" "), ...operatorFields(c) });
    }
    return orderResponse(c, answer);
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}/messages/{seq}",
    summary: "Trace one message over both mailboxes",
    audit: "trace",
    params: user.extend({ seq: seqText }),
    responses: { 200: schema.trace },
    refusals: ["unknown_receiver", "not_found", "gone"],
  },
  async (c, { params: { userName, seq } }) => orderResponse(c, await traceMessage(c, userName, seq)),
);

declareRoute(
  users,
  {
    ...operators,
    method: "get",
    path: "/api/admin/users/{userName}/export",
    summary: "Export a user's whole mailbox as JSON Lines",
    audit: "export",
    responses: { 200: null },
    otherTypes: { "application/jsonl": z.string() },
    refusals,
  },
  async (c, { params: { userName } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).export(operatorCaller(userName));
    if ("refused" in answer) return problemResponse(answer.refused);
    logEvent("exported", { user: userName, ...operatorFields(c) });
    return c.body(answer.value, 200, {
      "Content-Type": "application/jsonl",
      "Content-Disposition": `attachment; filename="restante.jsonl"`,
      "Cache-Control": "no-store",
    });
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "post",
    path: "/api/admin/users/{userName}/restore",
    summary: "Restore a mailbox to an earlier time",
    audit: "restore",
    description:
      "Within the last 30 days, by the platform's point-in-time recovery, if it has one. The user's sockets are closed. `undo` is the platform's bookmark of the state before.",
    body: z.strictObject({ at: time.gte(1) }),
    responses: { 200: z.object({ undo: z.string() }) },
    refusals: [...refusals, "not_found"],
  },
  async (c, { params: { userName }, body: { at } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).restore(userName, at);
    if ("value" in answer) logEvent("restored", { user: userName, to: at, ...operatorFields(c) });
    return orderResponse(c, answer);
  },
);

declareRoute(
  users,
  {
    ...operators,
    method: "delete",
    path: "/api/admin/users/{userName}",
    summary: "Erase a user permanently",
    audit: "erase",
    description: "Deletes the whole mailbox. The name can't be claimed again. Messages in other users' mailboxes stay.",
    responses: { 204: null },
    refusals,
  },
  async (c, { params: { userName } }) => {
    const answer = await c.env.MAILBOX.getByName(userName).erase(operatorCaller(userName));
    // Again for an erased name: the lists may still have it.
    if ("value" in answer || answer.refused.code === "erased") {
      await c.env.REGISTRY.getByName(SERVICES_OBJECT).remove(userName);
      await forgetUser(c, userName);
    }
    if ("refused" in answer) return problemResponse(answer.refused);
    logEvent("erased", { user: userName, ...operatorFields(c) });
    return jsonResponse(c, null);
  },
);
