// How a conversation stands: with a contact, with a stranger who has asked, or blocked. What that means for each verb is the verb's
// business; contacts.ts changes it.
import type { Box } from "../context.ts";
import type { Standing } from "../log/contact-rows.ts";
import { isService } from "./service-tokens.ts";

/** How the user stands to `name`; null for somebody with whom nothing was exchanged yet. */
export function standingOf(box: Box, name: string): Standing | null {
  return box.log.contacts.standing(name) ?? (box.log.peers.has(name) ? "contact" : null);
}

/** Whether nothing was ever exchanged with `name`. A row alone is no exchange: a block makes one too. */
export function isNew(box: Box, name: string): boolean {
  return !box.log.peers.has(name);
}

/** Whether first contact is a request here: a program has nobody who would accept it. */
export function hasStrangers(box: Box): boolean {
  return box.rules.requests && !isService(box);
}

/** Whether `name` may know whether the user is there, types, or has read something. */
export function isContact(box: Box, name: string): boolean {
  return standingOf(box, name) === "contact";
}
