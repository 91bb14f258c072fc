// The routes of users' reports, for operators: list, read with the shown messages, resolve.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { integerText, name, singleLine } from "../api/schemas.ts";
import { operatorFields } from "../identity/acting-operator.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { problemResponse } from "../identity/problem-response.ts";
import type { RequestContext } from "../identity/request-context.ts";
import { NUMBER_END } from "../protocol/limits.ts";
import { logEvent } from "../protocol/log-events.ts";
import { refusal } from "../protocol/refusals.ts";
import { REPORTS_OBJECT } from "../protocol/registry.ts";
import { MAX_REPORT_NOTE_UNITS } from "../protocol/reports.ts";
import * as schema from "./schemas.ts";

const number = integerText(NUMBER_END - 1);
const operators = { tag: "Operators", scope: "admin" } as const;
const one = { params: z.object({ id: number }), refusals: ["not_found"] } as const;

const reportsOf = (c: RequestContext) => c.env.REGISTRY.getByName(REPORTS_OBJECT);
const notFound = () => problemResponse(refusal("not_found", "there is no such report"));

export const reports = createApi();

declareRoute(
  reports,
  {
    ...operators,
    method: "get",
    path: "/api/admin/reports",
    audit: "list_reports",
    summary: "List users' reports, the newest first",
    description: "Unresolved ones, or with `state` resolved ones. Without the messages.",
    query: z.object({
      state: z.enum(["open", "resolved"]).optional(),
      user: name.optional().meta({ description: "Only reports about this user" }),
      before: number.optional().meta({ description: "`next` of the last page" }),
    }),
    responses: { 200: schema.reportPage },
    refusals: ["bad_name", "reserved_name"],
  },
  async (c, { query: { state = "open", user = null, before = null } }) =>
    jsonResponse(c, await reportsOf(c).listReports({ state, user, before })),
);

declareRoute(
  reports,
  {
    ...operators,
    ...one,
    method: "get",
    path: "/api/admin/reports/{id}",
    audit: "read_report",
    summary: "Read a report with the messages that the reporter chose to show",
    responses: { 200: schema.shownReport },
  },
  async (c, { params: { id } }) => {
    const found = await reportsOf(c).readReport(id);
    if (found === null) return notFound();
    return jsonResponse(c, { ...found, messages: JSON.parse(found.messages) as unknown });
  },
);

declareRoute(
  reports,
  {
    ...operators,
    ...one,
    method: "put",
    path: "/api/admin/reports/{id}/resolution",
    audit: "resolve_report",
    summary: "Resolve a report",
    description: "Once: a resolved report stays as it is. It does nothing to the reported user.",
    body: z.strictObject({ resolution: singleLine(MAX_REPORT_NOTE_UNITS).optional() }),
    responses: { 200: schema.report },
  },
  async (c, { params: { id }, body: { resolution = "" } }) => {
    const by = operatorFields(c);
    const found = await reportsOf(c).resolveReport(id, by.operator ?? "", resolution);
    if (found === null) return notFound();
    logEvent("report_resolved", { id, ...by });
    return jsonResponse(c, found);
  },
);
