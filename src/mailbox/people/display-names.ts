// Display names: the user's own, which travels with deliveries, and those of contacts. A name says what somebody wants to
// be called, and never who it is: that is the userName. To be called inside a transaction.
import type { CallResult, Profile } from "../../protocol/caller.ts";
import { readDisplayName } from "../../protocol/display-name.ts";
import type { Delivery } from "../../protocol/envelope.ts";
import { NAME_CHANGE_MS } from "../../protocol/limits.ts";
import { displayNameOf } from "../access/chosen-settings.ts";
import { isContact, standingOf } from "../access/standing.ts";
import type { MailboxContext } from "../instance/context.ts";
import { isStorageFull, ownMailboxFull } from "../limits/quotas.ts";
import { appendStanding } from "./contacts.ts";

/** The user's own profile. To read it does not create a mailbox. */
export function profileOf(context: MailboxContext): Profile {
  return { displayName: displayNameOf(context, context.user) };
}

/** Changes the user's own display name; null for none. Every device is sent it by the frame `peer` of the own name. */
export function changeDisplayName(context: MailboxContext, displayName: string | null): CallResult<Profile> {
  if (profileOf(context).displayName === displayName) return { value: { displayName } };
  context.log.ensureCreated(context.user);
  // Otherwise a full mailbox would grow by names that change in turn.
  if (isStorageFull(context)) return { refused: ownMailboxFull("it keeps no more bytes") };
  context.log.setLater("displayName", displayName ?? "");
  appendStanding(context, context.user, "contact");
  return { value: { displayName } };
}

/**
 * A delivery says what its author is called. It is stored where the author is a contact and the name is another, four
 * times an hour; a later delivery brings what was passed over.
 */
export function takeDisplayName(context: MailboxContext, { from, displayName }: Delivery): void {
  const { contacts } = context.log;
  if (displayName === undefined || displayName === contacts.givenName(from).displayName) return;
  if (!isContact(context, from) || !context.log.peers.has(from) || isStorageFull(context)) return;
  const now = Date.now();
  if (now - contacts.givenName(from).changed < NAME_CHANGE_MS) return;
  // Another version may have other rules.
  if (displayName !== "" && readDisplayName(displayName) !== displayName) return;
  contacts.giveName(from, { displayName, changed: now });
  appendStanding(context, from, standingOf(context, from) ?? "contact");
}
