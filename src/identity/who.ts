// Who asks: the origin first, then the token in one of its three places, then what the token says by itself. No object is woken here;
// whether a device's token is any good its mailbox will say.
import type { Context } from "hono";
import { canonical } from "../protocol/names.ts";
import { TOKEN_UNITS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { Visitor } from "../protocol/visitor.ts";
import { attempt, isVouchedFor, usedUp } from "./attempts.ts";
import { cookieOf } from "./cookie.ts";
import { readJwt } from "./jwt.ts";
import { type Mode, misconfigured, modeOf, servesHost } from "./mode.ts";
import { cookieCounts, isForeign } from "./origin.ts";
import { hashOf, nameOf, serviceOf } from "./token.ts";
import type { Variables } from "./variables.ts";

export type Asking = Context<{ Bindings: Env }>;

/** What a connection is opened for. */
const SOCKET: readonly Scope[] = ["read", "send"];

type Found = Visitor | { readonly refused: Refusal };

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
export async function whoAsks(c: Asking, wanted: string | null, needs = needsOf(c.req.raw)): Promise<Found> {
  const mode = modeFor(c);
  if (typeof mode === "object") return mode;
  const request = c.req.raw;
  const token = tokenOf(c);
  const visitor = token === null ? null : await readToken(token, c.env, needs);
  if (mode === "open" && visitor === null) {
    return wanted === null ? namedInQuery(c) : { name: wanted, proof: { is: "none" } };
  }
  if (visitor === null) {
    // Whoever brings nothing has guessed nothing.
    const refused = token === null ? null : await attempt(request, c.env);
    return { refused: refused ?? refusal("unauthorized") };
  }
  // What only a mailbox can judge does not wake one for an address that has guessed too often.
  const tooMany = isVouchedFor(visitor.proof) ? null : usedUp(request, c.env);
  if (tooMany !== null) return { refused: tooMany };
  if (wanted !== null && visitor.name !== wanted) return { refused: refusal("forbidden", "it is another's mailbox") };
  const asked = c.req.query("user");
  const named = asked === undefined ? null : canonical(asked);
  if (named === null || ("name" in named && named.name === visitor.name)) return visitor;
  return { refused: refusal("forbidden", "it is another's mailbox") };
}

/**
 * Whom a token speaks of; null for one that is not to be trusted. Service accounts have theirs in every mode; `needs`: what such a token
 * has to be good for.
 */
export async function readToken(
  token: string,
  variables: Variables,
  needs: readonly Scope[] = SOCKET,
): Promise<Visitor | null> {
  const mode = modeOf(variables);
  if (token.length > TOKEN_UNITS || mode === null) return null;
  const service = serviceOf(token);
  if (service !== null) return { name: service, proof: { is: "service", hash: await hashOf(token), needs } };
  if (mode === "open") return null;
  if (mode === "jwt") {
    const known = await readJwt(token, variables);
    return known === null ? null : { name: known.name, proof: { is: "jwt", expires: known.expires } };
  }
  const name = nameOf(token);
  return name === null ? null : { name, proof: { is: "token", hash: await hashOf(token) } };
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
