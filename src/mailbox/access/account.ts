// The account: whether the mailbox exists, and since when.
import { checkBeginning } from "./check-beginning.ts";
import { isEnded, isService } from "./service-tokens.ts";
import type { MailboxContext } from "../instance/context.ts";

/** Whether this mailbox accepts deliveries: in `accounts` mode a user must have claimed its name. */
export function exists(context: MailboxContext): boolean {
  if (context.log.isErased || isEnded(context)) return false;
  if (isService(context)) return true;
  if (context.config.mode === "accounts") return context.log.account.account !== null;
  return checkBeginning(context) === null;
}

/** The user, and when the name was claimed; null where names are not claimed. */
export function account(context: MailboxContext): { readonly userName: string; readonly created: number | null } {
  return { userName: context.user, created: context.log.account.account?.created ?? null };
}
