// Which operator acts, for the log: whoever was let through as one is kept beside the request, under a name that is no secret.
import { accessIdOf } from "../protocol/service.ts";
import type { Caller } from "../protocol/caller.ts";
import type { RequestContext } from "./request-context.ts";

/** `operator`: `secret` for whoever has ADMIN_TOKEN, or a service's name; `operatorToken`: the id of the service's token. */
export interface ActingOperator {
  readonly operator: string;
  readonly operatorToken: string | null;
}

const BY_SECRET: ActingOperator = { operator: "secret", operatorToken: null };

const actingOperators = new WeakMap<RequestContext, ActingOperator>();

/** From here on the request is an operator's: a service's, or that of whoever has the secret. */
export function setActingOperator(c: RequestContext, service: Caller | null): void {
  actingOperators.set(c, service?.proof.is === "service" ? byService(service.name, service.proof.hash) : BY_SECRET);
}

/** Who acts, as fields of an event. */
export function operatorFields(c: RequestContext): { readonly [Field in keyof ActingOperator]: string | null } {
  return actingOperators.get(c) ?? { operator: null, operatorToken: null };
}

function byService(operator: string, hash: string): ActingOperator {
  return { operator, operatorToken: accessIdOf(hash) };
}
