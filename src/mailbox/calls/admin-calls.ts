// The calls about a mailbox as a whole: its user exports or erases it, operators inspect, suspend and restore it. The
// Worker has checked that the caller is an operator.
import type { CallResult, Caller, Proof } from "../../protocol/caller.ts";
import { logEvent } from "../../protocol/log-events.ts";
import type { OperatorOrder } from "../../protocol/operator-orders.ts";
import { checkAccess } from "../access/check-token.ts";
import { checkFreshProof } from "../access/fresh-proof.ts";
import { eraseMailbox } from "../admin/erase-mailbox.ts";
import { exportMailbox } from "../admin/export-mailbox.ts";
import type { ObjectStats } from "../admin/inspect-user.ts";
import { restore } from "../admin/restore.ts";
import { runOrder } from "../admin/run-order.ts";
import { callerEvenSuspended, operator } from "./declare-call.ts";
import type { MailboxContext, MailboxObject } from "../instance/context.ts";
import { checkExportAllowance } from "../limits/allowance.ts";

const run = operator((context, order: OperatorOrder, stats: ObjectStats) => runOrder(context, order, stats));

export const adminCalls = {
  /** Everything that the mailbox stores, as JSON Lines. */
  export: callerEvenSuspended(startExport),

  /** Erases everything except the record that the name is taken. */
  erase: async (object: MailboxObject, { name, proof }: Caller): Promise<CallResult<null>> => {
    const context = object.context(name);
    const refused = checkAccess(context, proof, "suspended") ?? checkFreshProof(context, proof);
    if (refused !== null) return { refused };
    if (proof.is !== "operator") logEvent("account_erased", { user: context.user });
    await eraseMailbox(object, context);
    return { value: null };
  },

  operate: async (object: MailboxObject, name: string, order: OperatorOrder) => {
    const { storage } = object.state;
    return run(object, name, order, { bytes: storage.sql.databaseSize, alarm: await storage.getAlarm() });
  },

  /** Restores the mailbox as it was `at`, ms since 1970. */
  restore: (object: MailboxObject, name: string, at: number) => restore(object.state, object.context(name), at),
};

/** The lines are read after the transaction, so the size of the database stands for theirs. */
function startExport(context: MailboxContext, proof: Proof): CallResult<ReadableStream<Uint8Array>> {
  const refused = proof.is === "operator" ? null : checkExportAllowance(context, context.log.sql.bytes);
  return refused === null ? { value: exportMailbox(context) } : { refused };
}
