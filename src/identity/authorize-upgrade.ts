// Authorizes WebSocket upgrades: everything that can be checked without waking an object.
import { canonical } from "../protocol/names.ts";
import { readConnectionQuery } from "../protocol/connection-query.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { type Offer, V1 } from "../protocol/version.ts";
import type { ConnectionRequest } from "../protocol/connection-request.ts";
import { identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** The request for the mailbox, or why the upgrade is refused. */
type UpgradeVerdict = { readonly request: ConnectionRequest } | { readonly refused: Refusal };

/** Checks an upgrade of `/client/:userName`. */
export async function authorizeUpgrade(c: RequestContext, rawName: string, offer: Offer): Promise<UpgradeVerdict> {
  if (!("dialect" in offer)) return { refused: refusal("no_version") };
  const name = canonical(rawName);
  if ("refused" in name) return { refused: refusal(name.refused) };
  const query = offer.dialect === V1 ? readConnectionQuery(new URL(c.req.url).searchParams) : null;
  if (typeof query === "string") return { refused: refusal("bad_query", query) };
  const caller = await identifyCaller(c, name.name);
  if ("refused" in caller) return caller;
  const accepted = { ...caller, answer: offer.answer };
  return {
    request: query === null ? { ...accepted, dialect: "restante.plain" } : { ...accepted, dialect: V1, place: query },
  };
}
