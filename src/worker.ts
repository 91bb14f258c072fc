// The door: every route on one screen, and the objects.
import { env } from "cloudflare:workers";
import { type Context, Hono } from "hono";
import { countOnline } from "./census/ask.ts";
import { admit, whoAsks } from "./identity/admit.ts";
import { announce } from "./identity/mode.ts";
import { problem, refuseUpgrade } from "./identity/refuse.ts";
import type { Mailbox } from "./mailbox/mailbox.ts";
import { type Range, readRange, readSettings } from "./protocol/browse.ts";
import { note, reasonOf } from "./protocol/journal.ts";
import { exceeds, LIMITS } from "./protocol/limits.ts";
import { canonical } from "./protocol/names.ts";
import { readRefusal, refusal } from "./protocol/refusals.ts";
import { parse } from "./protocol/json.ts";
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

app.get("/api/conversations", (c) => ask(c, (mailbox, user, range) => mailbox.conversations(user, range)));

app.get("/api/conversations/:peer/messages", (c) => {
  const peer = canonical(c.req.param("peer"));
  if ("refused" in peer) return problem(refusal(peer.refused));
  return ask(c, (mailbox, user, range) => mailbox.messages(user, peer.name, range));
});

app.get("/api/settings", (c) => ask(c, (mailbox, user) => mailbox.settings(user, {})));

app.put("/api/settings", async (c) => {
  const text = await c.req.text();
  if (exceeds(text, LIMITS.bodyBytes)) return problem(refusal("too_large"));
  const change = readSettings(parse(text));
  if (change === null) return problem(refusal("bad_frame", "settings are receipts and presence, true or false"));
  return ask(c, (mailbox, user) => mailbox.settings(user, change));
});

app.get("/api/online", async (c) => c.json(await countOnline(c.env), 200, { "Cache-Control": "no-store" }));

app.notFound(() => problem(refusal("not_found")));

app.onError((error) => {
  note("request_failed", { reason: error.message });
  return problem(refusal("internal"));
});

/** Asks the user's own mailbox; answers with what it says, as JSON. */
async function ask(c: Context<{ Bindings: Env }>, question: Question): Promise<Response> {
  const user = whoAsks(c.req.raw, c.env.AUTH);
  if ("refused" in user) return problem(user.refused);
  const range = readRange(new URL(c.req.url).searchParams);
  if (typeof range === "string") return problem(refusal("bad_query", range));
  const answer = await question(c.env.MAILBOX.getByName(user.name), user.name, range);
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  return c.body(text, 200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
}

type Question = (mailbox: DurableObjectStub<Mailbox>, user: string, range: Range) => Promise<unknown>;

export default app;
