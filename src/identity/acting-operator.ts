// Which operator acts, for the log: whoever was let through as one is kept beside the request, under a name that is no secret.
import { accessIdOf } from "../protocol/service.ts";
import type { Caller } from "../protocol/caller.ts";
import type { Asking } from "./identify-caller.ts";

/** `operator`: `secret` for whoever has ADMIN_TOKEN, or a service's name; `operatorToken`: the id of the service's token. */
export interface Acting {
  readonly operator: string;
  readonly operatorToken: string | null;
}

const SECRET: Acting = { operator: "secret", operatorToken: null };

const acting = new WeakMap<Asking, Acting>();

/** From here on the request is an operator's: a service's, or that of whoever has the secret. */
export function setActing(c: Asking, service: Caller | null): void {
  acting.set(c, service?.proof.is === "service" ? byService(service.name, service.proof.hash) : SECRET);
}

/** Who acts, as fields of an event. */
export function actingIn(c: Asking): { readonly [Field in keyof Acting]: string | null } {
  return acting.get(c) ?? { operator: null, operatorToken: null };
}

function byService(operator: string, hash: string): Acting {
  return { operator, operatorToken: accessIdOf(hash) };
}
