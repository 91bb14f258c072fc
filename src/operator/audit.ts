// The route of the audit, for operators.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { integerText, name } from "../api/schemas.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { AUDIT_PARTS } from "../protocol/audit.ts";
import { NUMBER_END } from "../protocol/limits.ts";
import { AUDIT_OBJECT } from "../protocol/registry.ts";
import * as schema from "./schemas.ts";

const number = integerText(NUMBER_END - 1);

export const audit = createApi();

declareRoute(
  audit,
  {
    method: "get",
    path: "/api/admin/audit",
    tag: "Operators",
    scope: "admin",
    audit: null,
    summary: "List what operators did, the newest first",
    description:
      "`actions` (default), `looks` at the data of somebody, or `attempts` with wrong operator tokens. A page may be empty and have a next one: follow `next` until it is null.",
    query: z.object({
      of: z.enum(AUDIT_PARTS).optional(),
      user: name.optional(),
      operator: z.string().min(1).max(64).optional().meta({ description: "`secret`, or a service's userName" }),
      since: number.optional().meta({ description: "Ms since 1970" }),
      before: number.optional().meta({ description: "`next` of the last page" }),
    }),
    responses: { 200: schema.auditPage },
    refusals: ["bad_name", "reserved_name"],
  },
  async (c, { query: { of = "actions", user = null, operator = null, since = 0, before = null } }) => {
    const page = await c.env.REGISTRY.getByName(AUDIT_OBJECT).listAudit({ of, user, operator, since, before });
    const lines = page.lines.map((line) => ({ ...line, detail: JSON.parse(line.detail) as unknown }));
    return jsonResponse(c, { lines, next: page.next });
  },
);
