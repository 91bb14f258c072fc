// The standing of a peer: a contact, a stranger with a request, or blocked. Each verb decides what that means for it;
// people/contacts.ts changes it.
import { isService } from "./service-tokens.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Standing } from "../log/peers/contact-rows.ts";

/** The standing of `name`; null if no message was exchanged with them yet. */
export function standingOf(context: MailboxContext, name: string): Standing | null {
  return context.log.contacts.standing(name) ?? (context.log.peers.has(name) ? "contact" : null);
}

/** Whether no message was ever exchanged with `name`. A contact row alone does not count: a block makes one too. */
export function isNew(context: MailboxContext, name: string): boolean {
  return !context.log.peers.has(name);
}

/** Whether first contact is a request here. A service account has no user who could accept it. */
export function hasStrangers(context: MailboxContext): boolean {
  return context.config.requests && !isService(context);
}

/** Whether `name` may learn that the user is online, types, or has read something. */
export function isContact(context: MailboxContext, name: string): boolean {
  return standingOf(context, name) === "contact";
}

/** The other users with this standing who have a row, in order: the user may have set something for the own name. */
export function namesWith({ log, user }: MailboxContext, standing: Standing): string[] {
  return log.contacts.all(standing).filter((name) => name !== user);
}
