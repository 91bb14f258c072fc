// The route with which a user reports a correspondent to the operators.
import { z } from "@hono/zod-openapi";
import { requirePerson } from "../identity/accounts.ts";
import { callMailbox } from "../identity/call-mailbox.ts";
import { logEvent } from "../protocol/log-events.ts";
import { refusal } from "../protocol/refusals.ts";
import { REPORTS_OBJECT } from "../protocol/registry.ts";
import { MAX_REPORT_NOTE_UNITS, MAX_REPORTED_MESSAGES, REPORT_REASONS } from "../protocol/reports.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { listOf, name, seq, singleLine, userQuery } from "./schemas.ts";

export const reports = createApi();

declareRoute(
  reports,
  {
    method: "post",
    path: "/api/reports",
    tag: "People",
    summary: "Report a correspondent to the operators",
    description:
      "With messages of the conversation, one of them theirs, which the operators will read: that is what `consent` says. The server copies them from your mailbox. The other user learns nothing of it. To receive nothing more from them, block them too.",
    scope: "people",
    middleware: [requirePerson],
    query: z.object(userQuery),
    body: z
      .strictObject({
        userName: name,
        reason: z.enum(REPORT_REASONS),
        note: singleLine(MAX_REPORT_NOTE_UNITS).optional(),
        seqs: listOf(seq, MAX_REPORTED_MESSAGES).meta({ description: "The chosen messages, by their seq" }),
        consent: z.literal(true).meta({ description: "Operators may read these messages" }),
      })
      .meta({ id: "NewReport" }),
    responses: { 201: z.object({ id: z.int() }) },
    refusals: ["bad_name", "reserved_name", "not_found", "too_large", "erased", "suspended"],
  },
  (c, { body: { userName: user, reason, note = "", seqs } }) =>
    callMailbox(
      c,
      async (mailbox, caller) => {
        const shown = await mailbox.reportedMessages(caller, user, seqs);
        if ("refused" in shown) return shown;
        const report = { reporter: caller.name, user, reason, note, messages: shown.value };
        const id = await c.env.REGISTRY.getByName(REPORTS_OBJECT).addReport(report);
        if (id === "full") logEvent("reports_full", { user: caller.name });
        if (typeof id === "string") return { refused: refusal("rate_limited", "too many reports are unresolved") };
        logEvent("user_reported", { user: caller.name, peer: user, reason, id });
        return { value: { id } };
      },
      201,
    ),
);
