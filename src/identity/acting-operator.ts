// Which operator makes a request, for the log and the audit: remembered beside the request, by a name that is not
// secret, with the client's network.
import { tokenIdOf } from "../protocol/service.ts";
import type { Caller } from "../protocol/caller.ts";
import { loggedNetworkOf } from "./address.ts";
import type { RequestContext } from "./request-context.ts";
import { requestField } from "./request-id.ts";

/** `operator`: `secret` for a caller with ADMIN_TOKEN, or a service's name; `operatorToken`: the id of its token. */
interface ActingOperator {
  readonly operator: string;
  readonly operatorToken: string | null;
}

const BY_SECRET: ActingOperator = { operator: "secret", operatorToken: null };

/** By request, for as long as the request lives. */
const actingOperators = new WeakMap<RequestContext, ActingOperator>();

/** Marks the request as an operator's: that of a service account, or, if null, of a caller with ADMIN_TOKEN. */
export function setActingOperator(c: RequestContext, service: Caller | null): void {
  actingOperators.set(c, service?.proof.is === "service" ? byService(service.name, service.proof.hash) : BY_SECRET);
}

/** The acting operator and the request, as fields of a log event. `network`: a /24, or a /48 of IPv6. */
interface OperatorFields {
  readonly operator: string | null;
  readonly operatorToken: string | null;
  readonly network: string;
  readonly request: string | null;
}

/** Who makes the request, and from where. */
export function operatorFields(c: RequestContext): OperatorFields {
  const network = loggedNetworkOf(c.req.raw, c.env);
  return { ...(actingOperators.get(c) ?? { operator: null, operatorToken: null }), network, ...requestField(c) };
}

function byService(operator: string, hash: string): ActingOperator {
  return { operator, operatorToken: tokenIdOf(hash) };
}
