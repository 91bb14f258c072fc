// One HTTP request, one call: identify the caller, call the caller's own mailbox, respond with its result as JSON.
import type { Refusal } from "../protocol/refusals.ts";
import type { CallResult, Caller } from "../protocol/caller.ts";
import { confirmToken, settleRefusal } from "./request-token.ts";
import { problemResponse } from "./problem-response.ts";
import { identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

export type MailboxStub = ReturnType<Env["MAILBOX"]["getByName"]>;

/** Calls the caller's mailbox. Responds with the value as JSON (a string is JSON already), or 204 for null. */
export async function callMailbox(
  c: RequestContext,
  question: (mailbox: MailboxStub, caller: Caller) => Promise<CallResult<unknown> | { readonly refused: Refusal }>,
  status: 200 | 201 = 200,
): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const answer = await question(c.env.MAILBOX.getByName(caller.name), caller);
  if ("refused" in answer) return refuseByMailbox(c, answer.refused);
  confirmToken(c);
  return jsonResponse(c, answer.value, status);
}

/** The value as JSON, which no cache may store. */
export function jsonResponse(c: RequestContext, value: unknown, status: 200 | 201 = 200): Response {
  if (value === null || value === undefined) return c.body(null, 204);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return c.body(text, status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
}

/** The response for a mailbox's refusal, which also settles the request's token. */
export async function refuseByMailbox(c: RequestContext, why: Refusal): Promise<Response> {
  return problemResponse(await settleRefusal(c, why));
}
