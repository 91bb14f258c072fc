// Who asks: the origin first, then the token in one of its three places, then what the token says by itself. No object is woken here;
// whether a device's token is any good its mailbox will say.
import type { Context } from "hono";
import { canonical } from "../protocol/names.ts";
import { TOKEN_UNITS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { Caller } from "../protocol/caller.ts";
import { requestTokenOf, countRefused, identified, refused } from "./request-token.ts";
import { type Attempt, reserve } from "./attempts.ts";
import { cookieOf } from "./cookie.ts";
import { backgroundOf } from "./execution-context.ts";
import { readJwt, takesLookUp } from "./jwt.ts";
import { type TokenVerdict, verdictOn } from "./known-tokens.ts";
import { type Mode, misconfigured, modeOf, servesHost } from "./auth-mode.ts";
import { cookieCounts, isForeign } from "./origin.ts";
import { hashOf, isOurs, nameOf, serviceOf } from "./token.ts";
import { markKey } from "./token-mark.ts";
import type { Variables } from "./check-variables.ts";

export type Asking = Context<{ Bindings: Env }>;

/** What a connection is opened for. */
const SOCKET: readonly Scope[] = ["read", "send"];

/** Three parts in base64url; the last is empty where nothing is signed, which is never taken. */
const JWT_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

type Found = Caller | { readonly refused: Refusal };

/** The mode, unless this request can't be served at all: variables that make no sense, a foreign page, a host that is not private. */
export function modeFor(c: Asking): Mode | { readonly refused: Refusal } {
  const mode = modeOf(c.env);
  if (mode === null) return { refused: misconfigured() };
  if (isForeign(c.req.raw, c.env)) {
    return { refused: refusal("forbidden", "pages of this origin may not use this server; see ALLOWED_ORIGINS") };
  }
  if (mode === "open" && !servesHost(c.env, c.req.url)) {
    return { refused: refusal("forbidden", "AUTH is open, and this host is not private; see OPEN_ANYWHERE") };
  }
  return mode;
}

/** Who asks for the mailbox `wanted`, a canonical name; null for whichever is the asker's own. */
export async function identifyCaller(c: Asking, wanted: string | null, needs = needsOf(c.req.raw)): Promise<Found> {
  const mode = modeFor(c);
  if (typeof mode === "object") return mode;
  const token = tokenOf(c);
  if (mode === "open" && (token === null || serviceOf(token) === null)) {
    return wanted === null ? namedInQuery(c) : { name: wanted, proof: { is: "none" } };
  }
  // Whoever brings nothing has guessed nothing.
  if (token === null) return { refused: refusal("unauthorized") };
  const visitor = await identify(c, token, needs);
  if ("refused" in visitor) return visitor;
  const asked = c.req.query("user");
  const named = asked === undefined ? null : canonical(asked);
  const isOther = (wanted !== null && wanted !== visitor.name) || (named !== null && !isNamed(named, visitor.name));
  return isOther ? { refused: await refused(c, refusal("forbidden", "it is another's mailbox")) } : visitor;
}

/**
 * Whom the token of this request speaks of, or why it is not taken. What may be a guess, and what is to be looked up to be verified, takes
 * one of the address's attempts first. A token that was good, or that carries our mark, is none: it goes to its mailbox whatever else its
 * address did, as long as that has not refused it.
 */
export async function identify(c: Asking, token: string, needs: readonly Scope[]): Promise<Found> {
  const known = requestTokenOf(c);
  if (known !== null) return needing(known.visitor, needs);
  if (token.length > TOKEN_UNITS) return { refused: await wrong(c, null) };
  const hash = await hashOf(token);
  const verdict = verdictOn(hash);
  const isSigned = modeOf(c.env) === "jwt" && serviceOf(token) === null;
  let held: Attempt | null = null;
  if (await (isSigned ? mayTakeLookUp(c, token, verdict) : mayBeGuess(c, token, verdict))) {
    const attempt = reserve(c.req.raw, c.env);
    if ("refused" in attempt) return attempt;
    held = attempt;
  }
  const visitor = await readToken(token, c.env, needs, hash);
  if (visitor === null) return { refused: await wrong(c, held) };
  if (isSigned && verdict !== "refused") {
    // Verified, it is no guess.
    held?.giveBack();
    held = null;
  }
  identified(c, { visitor, hash, held, wasGood: verdict === "good" });
  return visitor;
}

/** A token that a key of the set has made is no guess, and whatever others did from its address does not keep it out. */
async function mayTakeLookUp(c: Asking, token: string, verdict: TokenVerdict | null): Promise<boolean> {
  if (verdict !== null) return verdict === "refused";
  return !JWT_FORM.test(token) || takesLookUp(token, c.env);
}

async function mayBeGuess(c: Asking, token: string, verdict: TokenVerdict | null): Promise<boolean> {
  // Of a malformed one it shows anyway.
  if (verdict !== null || (serviceOf(token) === null && nameOf(token) === null)) return verdict === "refused";
  return !(await isOurs(token, await tokenKeyOf(c)));
}

/** The token is wrong by itself. */
async function wrong(c: Asking, held: Attempt | null): Promise<Refusal> {
  return (await countRefused(c, held)) ?? refusal("unauthorized");
}

/** The key that marks this deployment's tokens. */
export function tokenKeyOf(c: Asking): Promise<CryptoKey | null> {
  return markKey(c.env, backgroundOf(c));
}

function needing(visitor: Caller, needs: readonly Scope[]): Caller {
  return visitor.proof.is === "service" ? { ...visitor, proof: { ...visitor.proof, needs } } : visitor;
}

function isNamed(named: ReturnType<typeof canonical>, name: string): boolean {
  return "name" in named && named.name === name;
}

/**
 * Whom a token speaks of; null for one that is not to be trusted. Service accounts have theirs in every mode; `needs`: what such a token
 * has to be good for. `hash`: the token's, for whoever has it.
 */
export async function readToken(
  token: string,
  variables: Variables,
  needs: readonly Scope[] = SOCKET,
  hash?: string,
): Promise<Caller | null> {
  const mode = modeOf(variables);
  if (token.length > TOKEN_UNITS || mode === null) return null;
  const service = serviceOf(token);
  if (service !== null) return { name: service, proof: { is: "service", hash: hash ?? (await hashOf(token)), needs } };
  if (mode === "open") return null;
  if (mode === "jwt") {
    const known = JWT_FORM.test(token) ? await readJwt(token, variables) : null;
    return known === null ? null : { name: known.name, proof: { is: "jwt", expires: known.expires } };
  }
  const name = nameOf(token);
  return name === null ? null : { name, proof: { is: "token", hash: hash ?? (await hashOf(token)) } };
}

/** What a service's token has to be good for: a socket takes both. */
function needsOf(request: Request): readonly Scope[] {
  if (request.headers.get("Upgrade") !== null) return SOCKET;
  return request.method === "GET" || request.method === "HEAD" ? ["read"] : ["send"];
}

/** The header, the subprotocol beside `restante.v1`, or the cookie; never the address. */
export function tokenOf(c: Asking): string | null {
  const header = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "");
  if (header !== null) return header[1] ?? null;
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((one) => one.trim());
  const bearer = offered.find((one) => one.startsWith("bearer."));
  if (bearer !== undefined) return bearer.slice("bearer.".length);
  return cookieCounts(c.req.raw, c.env) ? cookieOf(c) : null;
}

function namedInQuery(c: Asking): Found {
  const name = canonical(c.req.query("user") ?? "");
  if ("refused" in name) return { refused: refusal(name.refused, "the query user names the mailbox") };
  return { name: name.name, proof: { is: "none" } };
}
