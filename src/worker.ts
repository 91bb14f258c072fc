// The Worker's entry point: mounts all parts of the API, handles WebSocket upgrades, exports the Durable Object
// classes.
import { env } from "cloudflare:workers";
import { HTTPException } from "hono/http-exception";
import { accounts } from "./api/accounts.ts";
import { conversations } from "./api/conversations.ts";
import { createApi } from "./api/declare-route.ts";
import { describeApi } from "./api/openapi.ts";
import { entries } from "./api/entries.ts";
import { frameSchemas } from "./api/frame-schemas.ts";
import { messages } from "./api/messages.ts";
import { online } from "./api/online.ts";
import { passkeys } from "./api/passkeys.ts";
import { contacts } from "./api/contacts.ts";
import { reports } from "./api/reports.ts";
import { services } from "./api/services.ts";
import { authorizeUpgrade } from "./identity/authorize-upgrade.ts";
import { confirmToken, settleRefusal } from "./identity/request-token.ts";
import { secureResponse, allowOrigins, refuseForeignOrigins } from "./identity/headers.ts";
import { logMisconfiguration } from "./identity/auth-mode.ts";
import { requestField } from "./identity/request-id.ts";
import { problemResponse } from "./identity/problem-response.ts";
import { refuseUpgrade } from "./identity/refuse-upgrade.ts";
import { audit } from "./operator/audit.ts";
import { reports as userReports } from "./operator/reports.ts";
import { userList } from "./operator/user-list.ts";
import { users } from "./operator/users.ts";
import { monitoring } from "./operator/monitoring.ts";
import { observeRequest } from "./operator/observe-requests.ts";
import { logEvent, reasonOf, setLogLevel } from "./protocol/log-events.ts";
import { withJurisdiction } from "./protocol/jurisdiction.ts";
import { readRefusal, refusal } from "./protocol/refusals.ts";
import { chooseDialect } from "./protocol/version.ts";
import { toRequest } from "./protocol/connection-request.ts";
import { valueOf } from "./protocol/variables.ts";

export { Drain } from "./operator/drain.ts";
export { Census } from "./census/census.ts";
export { Registry } from "./registry/registry.ts";
export { Mailbox } from "./mailbox/mailbox.ts";

setLogLevel(valueOf(env, "LOG_LEVEL"));
logMisconfiguration(env);

const app = createApi();

app.use(observeRequest);
app.use((c, next) => {
  c.env = withJurisdiction(c.env);
  return next();
});
app.use(secureResponse);
app.use("/api/*", allowOrigins);
app.use("/api/*", refuseForeignOrigins);

app.get("/client/:userName", async (c) => {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
    return c.text(`${refusal("upgrade_required").message}\n`, 426, { Upgrade: "websocket" });
  }
  const offer = chooseDialect(c.req.header("Sec-WebSocket-Protocol") ?? null);
  const verdict = await authorizeUpgrade(c, c.req.param("userName"), offer);
  if ("refused" in verdict) return refuseUpgrade(c, offer, verdict.refused);
  try {
    const response = await c.env.MAILBOX.getByName(verdict.request.name).fetch(toRequest(verdict.request));
    if (response.status !== 101) {
      const refused = await settleRefusal(c, readRefusal(await response.json()));
      // A rate-limited client gets an HTTP status: a socket accepted only to be closed must be read while its client
      // sends.
      return refused.code === "rate_limited" ? problemResponse(refused) : refuseUpgrade(c, offer, refused);
    }
    confirmToken(c);
    return response;
  } catch (error) {
    logEvent("open_failed", { user: verdict.request.name, reason: reasonOf(error), ...requestField(c) });
    return refuseUpgrade(c, offer, refusal("internal"));
  }
});

for (const part of [
  accounts,
  passkeys,
  messages,
  entries,
  conversations,
  contacts,
  reports,
  services,
  online,
  frameSchemas,
  monitoring,
  userReports,
  userList,
  users,
  audit,
])
  app.route("/", part);
describeApi(app);

app.notFound(() => problemResponse(refusal("not_found")));

app.onError((error, c) => {
  // Only the body parser throws an HTTPException.
  if (error instanceof HTTPException) return problemResponse(refusal("bad_frame", "it is not JSON"));
  logEvent("request_failed", { reason: error.message, ...requestField(c) });
  return problemResponse(refusal("internal"));
});

export default app;
