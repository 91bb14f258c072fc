// How an operator's wish reaches a user's mailbox. Behind `operatorOnly`, and nowhere else.
import { jsonResponse } from "../identity/call-mailbox.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import type { Order, OrderResult } from "../protocol/operator-orders.ts";
import type { CallResult } from "../protocol/caller.ts";
import type { RequestContext } from "../identity/request-context.ts";

/** Has the mailbox of `name` do one thing. */
export function sendOrder<K extends Order["is"]>(
  c: RequestContext,
  name: string,
  what: Extract<Order, { readonly is: K }>,
): Promise<CallResult<OrderResult[K]>> {
  // A call between objects forgets which answer belongs to which question.
  return c.env.MAILBOX.getByName(name).operate(name, what) as Promise<CallResult<OrderResult[K]>>;
}

/** The answer as JSON, or the no as a problem. */
export function orderResponse<T>(
  c: RequestContext,
  answer: CallResult<T>,
  shape: (value: T) => unknown = (value) => value,
): Response {
  return "refused" in answer ? problem(answer.refused) : jsonResponse(c, shape(answer.value));
}
