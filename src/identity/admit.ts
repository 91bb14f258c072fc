// Who may open which mailbox: everything about an upgrade that can be checked without waking an object.
import { canonical } from "../protocol/names.ts";
import { readPlace } from "../protocol/query.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { type Offer, V1 } from "../protocol/version.ts";
import type { Visit } from "../protocol/visit.ts";

/** Lets an upgrade in, or says why not. */
export type Verdict = { readonly visit: Visit } | { readonly refused: Refusal };

/** Whose mailbox an HTTP request is about. In `open` mode the query `user` names it. */
export function whoAsks(request: Request, auth: string): { readonly name: string } | { readonly refused: Refusal } {
  if (auth !== "open") return { refused: refusal("internal", "AUTH must be open") };
  const name = canonical(new URL(request.url).searchParams.get("user") ?? "");
  return "refused" in name ? { refused: refusal(name.refused, "the query user names the mailbox") } : name;
}

/** Judges an upgrade to `/client/:userName`, given the name as it stands in the address, decoded. */
export function admit(rawName: string, request: Request, offer: Offer, auth: string): Verdict {
  if (!("dialect" in offer)) return { refused: refusal("no_version") };
  const name = canonical(rawName);
  if ("refused" in name) return { refused: refusal(name.refused) };
  if (auth !== "open") return { refused: refusal("internal", "AUTH must be open") };
  const guest = { name: name.name, answer: offer.answer };
  if (offer.dialect !== V1) return { visit: { ...guest, dialect: offer.dialect } };
  const place = readPlace(new URL(request.url).searchParams);
  if (typeof place === "string") return { refused: refusal("bad_query", place) };
  return { visit: { ...guest, dialect: offer.dialect, place } };
}
