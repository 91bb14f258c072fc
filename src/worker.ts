// The door: every route on one screen, and the objects.
import { env } from "cloudflare:workers";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { entries } from "./api/entries.ts";
import { messages } from "./api/messages.ts";
import { countOnline } from "./census/ask.ts";
import {
  about,
  accountsOnly,
  claim,
  erase,
  exportAll,
  linkCode,
  peopleOnly,
  recoveryCode,
  revoke,
  signIn,
  signOut,
  strangers,
} from "./identity/accounts.ts";
import { admit } from "./identity/admit.ts";
import { ask, askAbout, bodyOf, counted } from "./identity/ask.ts";
import { guard, share } from "./identity/headers.ts";
import { vouch } from "./identity/attempts.ts";
import { announce } from "./identity/mode.ts";
import { operatorOnly } from "./identity/operator.ts";
import {
  createService,
  endService,
  grantAccess,
  listServices,
  revokeAccess,
  showService,
} from "./identity/services.ts";
import { addPasskey, passkeyOptions, passkeySignIn, signInOptions } from "./identity/passkeys.ts";
import { problem, refuseUpgrade } from "./identity/refuse.ts";
import { type Range, readRange, readSettings } from "./protocol/browse.ts";
import { note, reasonOf } from "./protocol/journal.ts";
import { readRefusal, refusal } from "./protocol/refusals.ts";
import { chooseDialect } from "./protocol/version.ts";
import { visitRequest } from "./protocol/visit.ts";

export { Census } from "./census/census.ts";
export { Registry } from "./registry/registry.ts";
export { Mailbox } from "./mailbox/mailbox.ts";

announce(env);

const app = new Hono<{ Bindings: Env }>();

app.use(guard);
app.use("/api/*", share);

app.get("/client/:userName", async (c) => {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
    return c.text(`${refusal("upgrade_required").message}\n`, 426, { Upgrade: "websocket" });
  }
  const offer = chooseDialect(c.req.header("Sec-WebSocket-Protocol") ?? null);
  const verdict = await admit(c, c.req.param("userName"), offer);
  if ("refused" in verdict) return refuseUpgrade(offer, verdict.refused);
  try {
    const response = await c.env.MAILBOX.getByName(verdict.visit.name).fetch(visitRequest(verdict.visit));
    if (response.status !== 101) return refuseUpgrade(offer, await counted(c, readRefusal(await response.json())));
    vouch(verdict.visit.proof);
    return response;
  } catch (error) {
    note("open_failed", { user: verdict.visit.name, reason: reasonOf(error) });
    return refuseUpgrade(offer, refusal("internal"));
  }
});

app.route("/", messages);
app.route("/", entries);

app.get("/api/auth", about);
app.get("/api/export", exportAll);
app.delete("/api/account", peopleOnly, erase);
app.get("/api/account", (c) => ask(c, (mailbox, visitor) => mailbox.account(visitor)));
app.post("/api/accounts", accountsOnly, strangers, claim);
app.post("/api/sign-in", accountsOnly, strangers, signIn);
app.post("/api/sign-out", accountsOnly, signOut);
app.post("/api/link-codes", accountsOnly, linkCode);
app.post("/api/recovery-code", accountsOnly, recoveryCode);
app.post("/api/sign-in/passkey/options", accountsOnly, strangers, signInOptions);
app.post("/api/sign-in/passkey", accountsOnly, strangers, passkeySignIn);
app.post("/api/passkeys/options", accountsOnly, passkeyOptions);
app.post("/api/passkeys", accountsOnly, addPasskey);
app.get("/api/passkeys", accountsOnly, (c) => ask(c, (mailbox, visitor) => mailbox.passkeys(visitor)));
app.delete("/api/passkeys/:id", accountsOnly, (c) => {
  return ask(c, (mailbox, visitor) => mailbox.removePasskey(visitor, c.req.param("id") ?? ""));
});
app.get("/api/devices", accountsOnly, (c) => ask(c, (mailbox, visitor) => mailbox.devices(visitor)));
app.delete("/api/devices/:id", accountsOnly, revoke);

app.get("/api/conversations", (c) => {
  return browse(c, (range) => ask(c, (mailbox, visitor) => mailbox.conversations(visitor, range)));
});

app.get("/api/conversations/:userName/messages", (c) => {
  return browse(c, (range) => askAbout(c, (mailbox, visitor, peer) => mailbox.messages(visitor, peer, range)));
});

app.get("/api/requests", (c) => ask(c, (mailbox, visitor) => mailbox.standing(visitor, "request")));
app.put("/api/contacts/:userName", (c) => askAbout(c, (mailbox, visitor, name) => mailbox.accept(visitor, name)));
app.get("/api/blocks", (c) => ask(c, (mailbox, visitor) => mailbox.standing(visitor, "blocked")));
app.put("/api/blocks/:userName", (c) => askAbout(c, (mailbox, visitor, name) => mailbox.block(visitor, name)));
app.delete("/api/blocks/:userName", (c) => askAbout(c, (mailbox, visitor, name) => mailbox.unblock(visitor, name)));

app.get("/api/settings", (c) => ask(c, (mailbox, visitor) => mailbox.settings(visitor, {})));

app.put("/api/settings", async (c) => {
  const change = await bodyOf(c, readSettings);
  if ("refused" in change) return problem(change.refused);
  return ask(c, (mailbox, visitor) => mailbox.settings(visitor, change));
});

app.use("/api/admin/*", operatorOnly);
app.post("/api/admin/services", createService);
app.get("/api/admin/services", listServices);
app.get("/api/admin/services/:userName", showService);
app.delete("/api/admin/services/:userName", endService);
app.post("/api/admin/services/:userName/tokens", grantAccess);
app.delete("/api/admin/services/:userName/tokens/:id", revokeAccess);

app.get("/api/online", async (c) => c.json(await countOnline(c.env), 200, { "Cache-Control": "no-store" }));

app.notFound(() => problem(refusal("not_found")));

app.onError((error) => {
  // Of those only what reads bodies throws any.
  if (error instanceof HTTPException) return problem(refusal("bad_frame", "it is not JSON"));
  note("request_failed", { reason: error.message });
  return problem(refusal("internal"));
});

function browse(c: Context, answer: (range: Range) => Promise<Response>): Response | Promise<Response> {
  const range = readRange(new URL(c.req.url).searchParams);
  return typeof range === "string" ? problem(refusal("bad_query", range)) : answer(range);
}

export default app;
