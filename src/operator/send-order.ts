// How an operator's wish reaches a user's mailbox. Behind `operatorOnly`, and nowhere else.
import { answered } from "../identity/call-mailbox.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import type { Asking } from "../identity/identify-caller.ts";
import type { Order, Told } from "../protocol/operator-orders.ts";
import type { Answer } from "../protocol/caller.ts";

/** Has the mailbox of `name` do one thing. */
export function order<K extends Order["is"]>(
  c: Asking,
  name: string,
  what: Extract<Order, { readonly is: K }>,
): Promise<Answer<Told[K]>> {
  // A call between objects forgets which answer belongs to which question.
  return c.env.MAILBOX.getByName(name).operate(name, what) as Promise<Answer<Told[K]>>;
}

/** The answer as JSON, or the no as a problem. */
export function told<T>(c: Asking, answer: Answer<T>, shape: (value: T) => unknown = (value) => value): Response {
  return "refused" in answer ? problem(answer.refused) : answered(c, shape(answer.value));
}
