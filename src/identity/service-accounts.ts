// Service accounts, for operators: create, list, show, revoke. The account's mailbox is the authority; the registry
// only lists the names. Secrets are made here and shown once.
import { SERVICES_OBJECT } from "../protocol/registry.ts";
import { logEvent } from "../protocol/log-events.ts";
import { tokenIdOf, type NewServiceToken, type Scope, type ServiceAccount } from "../protocol/service.ts";
import type { CallResult } from "../protocol/caller.ts";
import { operatorFields } from "./acting-operator.ts";
import { amendAudit } from "./audit.ts";
import { jsonResponse } from "./call-mailbox.ts";
import { problemResponse } from "./problem-response.ts";
import { hashOf, newServiceToken } from "./token.ts";
import { tokenKeyOf } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** The scopes of a new token, and its label. */
interface TokenRequest {
  readonly scopes: readonly Scope[];
  readonly label?: string | undefined;
}

/** Service accounts of one response. */
const MAX_LISTED = 500;

/** Creates a service account: 201 with its first token, which is shown once. */
export async function createService(c: RequestContext, name: string, request: TokenRequest): Promise<Response> {
  const { token, access } = await newAccess(c, name, request);
  // The registry first: a listed account that was not created shows as not found. In the other order, an account could
  // exist without being listed.
  const registry = registryOf(c);
  await registry.add(name, Date.now());
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "create", token: access });
  if ("refused" in answer && !(await serviceExists(c, name))) await registry.remove(name);
  if ("value" in answer)
    logEvent("service_created", { user: name, ...newestTokenFields(answer.value), ...operatorFields(c) });
  return newTokenResponse(c, answer, token);
}

/** The service accounts by name: `services`, and `more` if others follow. */
export async function listServices(c: RequestContext, after: string): Promise<Response> {
  const listed = await registryOf(c).list(after, MAX_LISTED + 1);
  return jsonResponse(c, { services: listed.slice(0, MAX_LISTED), more: listed.length > MAX_LISTED });
}

/** One service account, with its tokens' scopes. */
export async function showService(c: RequestContext, name: string): Promise<Response> {
  return serviceResponse(c, await c.env.MAILBOX.getByName(name).service(name, { is: "show" }));
}

/** Adds a token: 201. */
export async function grantServiceToken(c: RequestContext, name: string, request: TokenRequest): Promise<Response> {
  const { token, access } = await newAccess(c, name, request);
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "grant", token: access });
  if ("value" in answer)
    logEvent("service_token_granted", { user: name, ...newestTokenFields(answer.value), ...operatorFields(c) });
  return newTokenResponse(c, answer, token);
}

/** Revokes one token and closes its connections: 204. */
export async function revokeServiceToken(c: RequestContext, name: string, id: string): Promise<Response> {
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "revoke", id });
  if ("value" in answer) logEvent("service_token_revoked", { user: name, id, ...operatorFields(c) });
  return emptyResponse(c, answer);
}

/** Revokes a service account: all its tokens, its connections, and deliveries to its mailbox: 204. */
export async function revokeService(c: RequestContext, name: string): Promise<Response> {
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "end" });
  await registryOf(c).remove(name);
  if ("value" in answer) logEvent("service_revoked", { user: name, ...operatorFields(c) });
  return emptyResponse(c, answer);
}

/** Sets the URL of the service's webhook: 201 with the secret that signs its posts, which is shown once. */
export async function setServiceWebhook(c: RequestContext, name: string, url: string): Promise<Response> {
  const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "hook", url, secret });
  if ("refused" in answer) return problemResponse(answer.refused);
  // Only the host: a path may contain a secret.
  logEvent("webhook_set", { user: name, host: new URL(url).host, ...operatorFields(c) });
  return jsonResponse(c, { url, secret: `whsec_${secret}` }, 201);
}

/** Removes the webhook: 204. */
export async function removeServiceWebhook(c: RequestContext, name: string): Promise<Response> {
  const answer = await c.env.MAILBOX.getByName(name).service(name, { is: "unhook" });
  if ("value" in answer) logEvent("webhook_removed", { user: name, ...operatorFields(c) });
  return emptyResponse(c, answer);
}

async function serviceExists(c: RequestContext, name: string): Promise<boolean> {
  return "value" in (await c.env.MAILBOX.getByName(name).service(name, { is: "show" }));
}

async function newAccess(
  c: RequestContext,
  name: string,
  { scopes, label = "" }: TokenRequest,
): Promise<{ readonly token: string; readonly access: NewServiceToken }> {
  const token = await newServiceToken(name, await tokenKeyOf(c));
  const hash = await hashOf(token);
  await amendAudit(c, { id: tokenIdOf(hash) });
  return { token, access: { hash, label, scopes } };
}

/** The response with the new token, which is the last of the list. */
function newTokenResponse(c: RequestContext, answer: CallResult<ServiceAccount>, token: string): Response {
  if ("refused" in answer) return problemResponse(answer.refused);
  const { id, scopes } = answer.value.tokens.at(-1) ?? { id: "", scopes: [] };
  return jsonResponse(c, { userName: answer.value.userName, token, id, scopes }, 201);
}

/** The newest token, as fields of a log event. */
function newestTokenFields({ tokens }: ServiceAccount): { readonly id: string; readonly scopes: string } {
  const { id = "", scopes = [] } = tokens.at(-1) ?? {};
  return { id, scopes: scopes.join(" ") };
}

function serviceResponse(c: RequestContext, answer: CallResult<ServiceAccount>): Response {
  return "refused" in answer ? problemResponse(answer.refused) : jsonResponse(c, answer.value);
}

function emptyResponse(c: RequestContext, answer: CallResult<ServiceAccount>): Response {
  return "refused" in answer ? problemResponse(answer.refused) : jsonResponse(c, null);
}

function registryOf(c: RequestContext) {
  return c.env.REGISTRY.getByName(SERVICES_OBJECT);
}
