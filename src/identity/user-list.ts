// Keeps the registry's list of users: names are added before they are claimed, so that no claimed name is missing, and
// removed with an erasure. Only where USER_LIST is on; suspensions are listed always.
import type { CallResult } from "../protocol/caller.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { REPORTS_OBJECT, USERS_OBJECT } from "../protocol/registry.ts";
import { valueOf } from "../protocol/variables.ts";
import type { RequestContext } from "./request-context.ts";

export function isListOn(c: RequestContext): boolean {
  return valueOf(c.env, "USER_LIST") === "on";
}

export function userListOf(c: RequestContext) {
  return c.env.REGISTRY.getByName(USERS_OBJECT);
}

/** Claims a name, and lists it before. A free name that was listed and not claimed is removed again. */
export async function claimListed<T>(
  c: RequestContext,
  userName: string,
  claim: () => Promise<CallResult<T>>,
): Promise<CallResult<T>> {
  if (!isListOn(c)) return claim();
  const isFree = async () => {
    const free = await c.env.MAILBOX.getByName(userName).isNameFree(userName);
    return "value" in free && free.value;
  };
  // A refused claim of a taken name writes nothing.
  if (await isFree()) await userListOf(c).addUser(userName);
  const answer = await claim();
  if ("refused" in answer && (await isFree())) await userListOf(c).removeUser(userName);
  return answer;
}

/** Lists a user who signed in: one from before the list is complete with that. */
export async function listSignedIn(c: RequestContext, userName: string): Promise<void> {
  if (isListOn(c)) await userListOf(c).addUser(userName).catch(logIncomplete);
}

/** The user is erased: the list forgets the name, and the reports that the user made go, with their messages. */
export async function forgetUser(c: RequestContext, userName: string): Promise<void> {
  await Promise.all([
    userListOf(c).removeUser(userName).catch(logIncomplete),
    c.env.REGISTRY.getByName(REPORTS_OBJECT).forgetReporter(userName).catch(logIncomplete),
  ]);
}

function logIncomplete(error: unknown): void {
  logEvent("user_list_failed", { reason: reasonOf(error) });
}
