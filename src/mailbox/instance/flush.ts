// The end of a group commit: first everything is written, then everything is sent. The runtime holds all output until
// the rows are durable. It knows nothing of the work that was committed.
import { counterReport } from "../../metrics/report-counters.ts";
import { closeCodeOf } from "../access/check-token.ts";
import { closeStream, closeWithCode } from "../connections/disconnect.ts";
import { onSessionEnd } from "../connections/session-events.ts";
import type { Session } from "../connections/sockets.ts";
import type { MailboxContext } from "./context.ts";
import { persistCursors } from "../reading/acknowledge.ts";
import { pump } from "../reading/pump.ts";

/** Writes the rows that the committed work left to write, and closes sockets whose access has ended. */
export function flushWrites(context: MailboxContext): void {
  const { log, outbox, sockets } = context;
  for (const session of sockets.all()) {
    const code = closeCodeOf(context, session);
    if (code === null) continue;
    closeWithCode(context, session, code);
    onSessionEnd(context, session);
  }
  log.peers.writeEarly(log.peers.early.isPossible ? sockets.lowestPosition : -1);
  persistCursors(context);
  if (log.devices.hasTooMany) log.devices.deleteOld((name) => sockets.hasDevice(name));
  if (log.removals.hasPending) continueRemovals(context);
  log.flush(() => outbox.oldestUnsettled);
  outbox.setAlarm();
}

/** An alarm does the next part. What waits for a receiver is looked at again with each transaction. */
function continueRemovals({ log, outbox, removalAlarm }: MailboxContext): void {
  if (log.removals.continue((peer) => outbox.settledBefore(peer))) removalAlarm.set(Date.now());
  else removalAlarm.clear();
}

/** Sends the log and the replies to the sockets, and starts deliveries and webhook requests. */
export function flushReplies(context: MailboxContext): void {
  const { log, outbox, sockets } = context;
  for (const session of sockets.all()) {
    if (pump(context, session)) context.groupCommit.enqueue(() => undefined);
    else if (session.kind === "stream" && session.position < log.head) endFullStream(context, session);
  }
  sockets.hold(log.peers.early.notes);
  sockets.flush();
  log.trimIfDue(() => outbox.oldestUnsettled);
  // The webhook comes first, because it takes one call at most: the outbox may take all calls that the event has.
  context.webhook.go(context);
  outbox.start();
  if (counterReport.isDue(Date.now())) context.background(counterReport.report(context.remote.reach));
}

/**
 * An event stream whose window is full cannot acknowledge: it ends, and the next connection of its client is the ack.
 */
function endFullStream(context: MailboxContext, session: Session): void {
  context.groupCommit.enqueue(() => {
    if (context.sockets.of(session.ws) !== session) return;
    closeStream(context, session);
    onSessionEnd(context, session);
  });
}
