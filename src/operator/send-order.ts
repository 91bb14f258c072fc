// Sends an operator's order to a user's mailbox. Used only behind `requireOperator`.
import { jsonResponse } from "../identity/call-mailbox.ts";
import { problemResponse } from "../identity/problem-response.ts";
import type { OperatorOrder, OrderResult } from "../protocol/operator-orders.ts";
import type { CallResult } from "../protocol/caller.ts";
import type { RequestContext } from "../identity/request-context.ts";

/** Sends the order to the mailbox of `name`. */
export function sendOrder<K extends OperatorOrder["is"]>(
  c: RequestContext,
  name: string,
  what: Extract<OperatorOrder, { readonly is: K }>,
): Promise<CallResult<OrderResult[K]>> {
  // The type of an RPC method does not relate the result to the order.
  return c.env.MAILBOX.getByName(name).operate(name, what) as Promise<CallResult<OrderResult[K]>>;
}

/** The result as JSON, or the refusal as a problem. */
export function orderResponse<T>(
  c: RequestContext,
  answer: CallResult<T>,
  shape: (value: T) => unknown = (value) => value,
): Response {
  return "refused" in answer ? problemResponse(answer.refused) : jsonResponse(c, shape(answer.value));
}
