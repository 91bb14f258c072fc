// Who may open which mailbox's socket: everything about an upgrade that can be checked without waking an object.
import { canonical } from "../protocol/names.ts";
import { readPlace } from "../protocol/connection-query.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { type Offer, V1 } from "../protocol/version.ts";
import type { Visit } from "../protocol/connection-request.ts";
import { type Asking, whoAsks } from "./identify-caller.ts";

/** Lets an upgrade in, or says why not. */
export type Verdict = { readonly visit: Visit } | { readonly refused: Refusal };

/** Judges an upgrade to `/client/:userName`. */
export async function admit(c: Asking, rawName: string, offer: Offer): Promise<Verdict> {
  if (!("dialect" in offer)) return { refused: refusal("no_version") };
  const name = canonical(rawName);
  if ("refused" in name) return { refused: refusal(name.refused) };
  const place = offer.dialect === V1 ? readPlace(new URL(c.req.url).searchParams) : null;
  if (typeof place === "string") return { refused: refusal("bad_query", place) };
  const visitor = await whoAsks(c, name.name);
  if ("refused" in visitor) return visitor;
  const guest = { ...visitor, answer: offer.answer };
  return { visit: place === null ? { ...guest, dialect: "restante.plain" } : { ...guest, dialect: V1, place } };
}
