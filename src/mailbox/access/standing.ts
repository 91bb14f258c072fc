// How a conversation stands: with a contact, with a stranger who has asked, or blocked. What that means for each verb is the verb's
// business; contacts.ts changes it.
import type { MailboxContext } from "../context.ts";
import type { Standing } from "../log/peers/contact-rows.ts";
import { isService } from "./service-tokens.ts";

/** How the user stands to `name`; null for somebody with whom nothing was exchanged yet. */
export function standingOf(context: MailboxContext, name: string): Standing | null {
  return context.log.contacts.standing(name) ?? (context.log.peers.has(name) ? "contact" : null);
}

/** Whether nothing was ever exchanged with `name`. A row alone is no exchange: a block makes one too. */
export function isNew(context: MailboxContext, name: string): boolean {
  return !context.log.peers.has(name);
}

/** Whether first contact is a request here: a program has nobody who would accept it. */
export function hasStrangers(context: MailboxContext): boolean {
  return context.config.requests && !isService(context);
}

/** Whether `name` may know whether the user is there, types, or has read something. */
export function isContact(context: MailboxContext, name: string): boolean {
  return standingOf(context, name) === "contact";
}
