// The door: every route on one screen, and the objects.
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { countOnline } from "./census/ask.ts";
import { admit } from "./identity/admit.ts";
import { announce } from "./identity/mode.ts";
import { problem, refuseUpgrade } from "./identity/refuse.ts";
import { note, reasonOf } from "./protocol/journal.ts";
import { readRefusal, refusal } from "./protocol/refusals.ts";
import { chooseDialect } from "./protocol/version.ts";
import { visitRequest } from "./protocol/visit.ts";

export { Census } from "./census/census.ts";
export { Mailbox } from "./mailbox/mailbox.ts";

announce(env.AUTH);

const app = new Hono<{ Bindings: Env }>();

app.get("/client/:userName", async (c) => {
  const request = c.req.raw;
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return c.text(`${refusal("upgrade_required").message}\n`, 426, { Upgrade: "websocket" });
  }
  const offer = chooseDialect(request.headers.get("Sec-WebSocket-Protocol"));
  const verdict = admit(c.req.param("userName"), request, offer, c.env.AUTH);
  if ("refused" in verdict) return refuseUpgrade(offer, verdict.refused);
  try {
    const response = await c.env.MAILBOX.getByName(verdict.visit.name).fetch(visitRequest(verdict.visit));
    return response.status === 101 ? response : refuseUpgrade(offer, readRefusal(await response.json()));
  } catch (error) {
    note("open_failed", { user: verdict.visit.name, reason: reasonOf(error) });
    return refuseUpgrade(offer, refusal("internal"));
  }
});

app.get("/api/online", async (c) => c.json(await countOnline(c.env), 200, { "Cache-Control": "no-store" }));

app.notFound(() => problem(refusal("not_found")));

app.onError((error) => {
  note("request_failed", { reason: error.message });
  return problem(refusal("internal"));
});

export default app;
