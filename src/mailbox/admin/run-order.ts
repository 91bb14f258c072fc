// The orders of operators to one mailbox. The Worker has checked that the caller is an operator.
import type { CallResult } from "../../protocol/caller.ts";
import type { OperatorOrder, OrderResult } from "../../protocol/operator-orders.ts";
import { checkAccess } from "../access/check-token.ts";
import { type ObjectStats, overview, traceOf } from "./inspect-user.ts";
import { closeWithCode } from "../connections/disconnect.ts";
import { drain, onSessionEnd } from "../connections/session-events.ts";
import type { MailboxContext } from "../instance/context.ts";

/** Runs one order, inside a transaction of the group commit. */
export function runOrder(
  context: MailboxContext,
  order: OperatorOrder,
  stats: ObjectStats,
): CallResult<OrderResult[OperatorOrder["is"]]> {
  // An operator may inspect any name, also one without a mailbox.
  if (order.is === "look") return { value: overview(context, stats) };
  if (order.is === "see") return { value: traceOf(context, order.which, stats.alarm) };
  if (order.is === "drain") return { value: drain(context) };
  const refused = checkAccess(context, { is: "operator" });
  if (refused !== null) return { refused };
  switch (order.is) {
    case "disconnect":
      return { value: disconnect(context, order.device) };
    case "suspend":
      // The end of the group commit closes the sockets.
      return { value: context.suspension.begin(order.reason, order.until ?? null) };
    case "resume":
      context.suspension.end();
      return { value: null };
    case "quotas":
      context.limits.change(order.change);
      return { value: context.limits.state.own };
    default:
      return order satisfies never;
  }
}

/** Closes the sockets of one device, or all for null, and returns their number. They may reconnect. */
function disconnect(context: MailboxContext, device: string | null): number {
  const closed = [...context.sockets.all()].filter((session) => device === null || session.device === device);
  for (const session of closed) {
    closeWithCode(context, session, "disconnected");
    onSessionEnd(context, session);
  }
  return closed.length;
}
