// The block list, as it is applied: to what the user sends, and to what is delivered. people/contacts.ts changes it.
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { standingOf } from "./standing.ts";
import type { MailboxContext } from "../instance/context.ts";

/** Checks whether the user may send to `to`: not to a peer whom the user has blocked. */
export function checkNotBlocked(context: MailboxContext, to: string): Refusal<"declined"> | null {
  if (standingOf(context, to) !== "blocked") return null;
  return { ...refusal("declined", "you have blocked them"), affects: "receiver" };
}

/**
 * Whether deliveries of `from` are declined: `from` is blocked, or the user suspended. One code for both, so that the
 * author learns neither.
 */
export function isDeclined(context: MailboxContext, from: string): boolean {
  return standingOf(context, from) === "blocked" || context.suspension.current !== null;
}
