// Identifies the caller of a request: checks the origin, finds the token in one of its three places, and reads what the
// token itself says. No object is woken here: whether a device's token is valid, only its mailbox knows.
import { canonical } from "../protocol/names.ts";
import { MAX_TOKEN_UNITS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { Caller } from "../protocol/caller.ts";
import { requestTokenOf, countRefusedToken, setRequestToken, countWorkerRefusal } from "./request-token.ts";
import { type Attempt, reserveAttempt } from "./attempts.ts";
import { sessionCookie } from "./cookie.ts";
import { backgroundOf, type RequestContext } from "./request-context.ts";
import { verifyJwt, mayNeedKeyFetch } from "./jwt.ts";
import { type TokenVerdict, knownVerdict } from "./known-tokens.ts";
import type { AuthMode } from "../protocol/variables.ts";
import { misconfiguredRefusal, authModeOf, servesHost } from "./auth-mode.ts";
import { mayUseCookie, isForeignOrigin } from "./origin.ts";
import { hashOf, isIssuedHere, deviceTokenName, serviceTokenName } from "./token.ts";
import { markKey } from "./token-mark.ts";
import type { Variables } from "./check-variables.ts";

/** The scopes that a connection needs. */
const SOCKET_SCOPES: readonly Scope[] = ["read", "send"];

/** Three parts in base64url. An unsigned token has an empty last part, and is never accepted. */
const JWT_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

type Identified = Caller | { readonly refused: Refusal };

/**
 * The mode, or why no request like this is served: invalid variables, a foreign origin, or a host that is not private.
 */
export function modeOrRefusal(c: RequestContext): AuthMode | { readonly refused: Refusal } {
  const mode = authModeOf(c.env);
  if (mode === null) return { refused: misconfiguredRefusal() };
  if (isForeignOrigin(c.req.raw, c.env)) return { refused: refusal("forbidden_origin") };
  if (mode === "open" && !servesHost(c.env, c.req.url)) {
    return { refused: refusal("forbidden", "AUTH is open, and this host is not private; see OPEN_ANYWHERE") };
  }
  return mode;
}

/**
 * The caller of the mailbox `wanted`, a canonical name; null for the caller's own. `needs`: the scopes that a service's
 * token must have. Default: those that the route has declared.
 */
export async function identifyCaller(
  c: RequestContext,
  wanted: string | null,
  needs?: readonly Scope[],
): Promise<Identified> {
  const mode = modeOrRefusal(c);
  if (typeof mode === "object") return mode;
  const token = findToken(c);
  if (mode === "open" && (token === null || serviceTokenName(token) === null)) {
    return wanted === null ? callerFromQuery(c) : { name: wanted, proof: { is: "none" } };
  }
  // A request without a token is no guess, so it does not count as an attempt.
  if (token === null) return { refused: refusal("unauthorized") };
  const caller = await identifyByToken(c, token, needs);
  if ("refused" in caller) return caller;
  const userQuery = c.req.query("user");
  const queryName = userQuery === undefined ? null : canonical(userQuery);
  const isOther =
    (wanted !== null && wanted !== caller.name) || (queryName !== null && !isSameName(queryName, caller.name));
  return isOther ? { refused: await countWorkerRefusal(c, refusal("forbidden", "it is another's mailbox")) } : caller;
}

/**
 * The caller that the request's token names, or why the token is refused. A token that may be a guess, or whose key has
 * to be fetched, first reserves one of the address's attempts. A token that was valid before, or that has this
 * deployment's mark, reserves none: other callers of the same address can't lock it out, until its mailbox refuses it.
 */
export async function identifyByToken(c: RequestContext, token: string, needs?: readonly Scope[]): Promise<Identified> {
  const current = requestTokenOf(c);
  if (current !== null) return needs === undefined ? current.caller : withNeededScopes(current.caller, needs);
  if (token.length > MAX_TOKEN_UNITS) return { refused: await refuseWrongToken(c, null) };
  const hash = await hashOf(token);
  const verdict = knownVerdict(hash);
  const isSigned = authModeOf(c.env) === "jwt" && serviceTokenName(token) === null;
  let reserved: Attempt | null = null;
  if (await (isSigned ? mayFetchKeys(c, token, verdict) : mayBeGuess(c, token, verdict))) {
    const attempt = reserveAttempt(c.req.raw, c.env);
    if ("refused" in attempt) return attempt;
    reserved = attempt;
  }
  const caller = await callerOfToken(token, c.env, needs ?? scopesFor(c.req.raw), hash);
  if (caller === null) return { refused: await refuseWrongToken(c, reserved) };
  if (isSigned && verdict !== "refused") {
    // The signature is verified: no guess.
    reserved?.release();
    reserved = null;
  }
  setRequestToken(c, { caller, hash, attempt: reserved, wasGood: verdict === "good" });
  return caller;
}

/**
 * Whether keys may be fetched for this token. One that a cached key has signed is no guess, and reserves no attempt.
 */
async function mayFetchKeys(c: RequestContext, token: string, verdict: TokenVerdict | null): Promise<boolean> {
  if (verdict !== null) return verdict === "refused";
  return !JWT_FORM.test(token) || mayNeedKeyFetch(token, c.env);
}

async function mayBeGuess(c: RequestContext, token: string, verdict: TokenVerdict | null): Promise<boolean> {
  // A malformed token is refused without a lookup, so it needs no reservation.
  if (verdict !== null || (serviceTokenName(token) === null && deviceTokenName(token) === null))
    return verdict === "refused";
  return !(await isIssuedHere(token, await tokenKeyOf(c)));
}

/** Counts and refuses a token that is wrong without asking a mailbox. */
async function refuseWrongToken(c: RequestContext, reserved: Attempt | null): Promise<Refusal> {
  return (await countRefusedToken(c, reserved)) ?? refusal("unauthorized");
}

/** The key that marks this deployment's tokens. */
export function tokenKeyOf(c: RequestContext): Promise<CryptoKey | null> {
  return markKey(c.env, backgroundOf(c));
}

function withNeededScopes(caller: Caller, needs: readonly Scope[]): Caller {
  return caller.proof.is === "service" ? { ...caller, proof: { ...caller.proof, needs } } : caller;
}

function isSameName(canonicalName: ReturnType<typeof canonical>, name: string): boolean {
  return "name" in canonicalName && canonicalName.name === name;
}

/**
 * The caller that a token names; null for an invalid one. Service accounts have tokens in every mode; `needs`: the
 * scopes that such a token must have. `hash`: the token's hash, if already computed.
 */
export async function callerOfToken(
  token: string,
  variables: Variables,
  needs: readonly Scope[] = SOCKET_SCOPES,
  hash?: string,
): Promise<Caller | null> {
  const mode = authModeOf(variables);
  if (token.length > MAX_TOKEN_UNITS || mode === null) return null;
  const service = serviceTokenName(token);
  if (service !== null) return { name: service, proof: { is: "service", hash: hash ?? (await hashOf(token)), needs } };
  if (mode === "open") return null;
  if (mode === "jwt") {
    const verified = JWT_FORM.test(token) ? await verifyJwt(token, variables) : null;
    return verified === null ? null : { name: verified.name, proof: { is: "jwt", expires: verified.expires } };
  }
  const name = deviceTokenName(token);
  return name === null ? null : { name, proof: { is: "token", hash: hash ?? (await hashOf(token)) } };
}

/** The scopes that a request without a declared route needs of a service's token: a socket needs both. */
function scopesFor(request: Request): readonly Scope[] {
  if (request.headers.get("Upgrade") !== null) return SOCKET_SCOPES;
  return request.method === "GET" || request.method === "HEAD" ? ["read"] : ["send"];
}

/** The token of the request: from the Authorization header, a subprotocol `bearer.…`, or the cookie; never the URL. */
export function findToken(c: RequestContext): string | null {
  const header = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "");
  if (header !== null) return header[1] ?? null;
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((one) => one.trim());
  const bearer = offered.find((one) => one.startsWith("bearer."));
  if (bearer !== undefined) return bearer.slice("bearer.".length);
  return mayUseCookie(c.req.raw, c.env) ? sessionCookie(c) : null;
}

function callerFromQuery(c: RequestContext): Identified {
  const name = canonical(c.req.query("user") ?? "");
  if ("refused" in name) return { refused: refusal(name.refused, "the query user names the mailbox") };
  return { name: name.name, proof: { is: "none" } };
}
