// Signals: typing, and the signals that other mailboxes send. Nothing here is stored: a lost signal stays lost, and the
// next one is right again. Presence: presence.ts.
import { writeFrame } from "../../protocol/down.ts";
import type { Signal } from "../../protocol/envelope.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { closeCodeOf } from "../access/check-token.ts";
import { isContact } from "../access/standing.ts";
import type { MailboxContext } from "../instance/context.ts";
import { takeTyping } from "../limits/allowance.ts";

/**
 * The user types to a peer. Only contacts with whom there is a conversation receive it, and nobody where the user
 * switched presence off: it would show that the user is online.
 */
export function sendTyping(context: MailboxContext, to: string): void {
  if (context.log.row?.presence !== 1) return;
  const { typedAt } = context.presence;
  const now = Date.now();
  for (const [peer, at] of typedAt) {
    if (now - at < SIGNALS.TYPING_MS) break;
    typedAt.delete(peer);
  }
  if (to === context.user || typedAt.has(to) || !context.log.peers.has(to) || !isContact(context, to)) return;
  if (takeTyping(context) > 0 || !context.budget.takeForSignal()) return;
  typedAt.set(to, now);
  const sent = context.remote.signal({ kind: "typing", from: context.user, to }).catch((error: unknown) => {
    logEvent("signal_lost", { user: context.user, to, kind: "typing", reason: reasonOf(error) });
  });
  context.background(sent);
}

/** Receives a signal of a peer and passes it on to the sockets that it concerns. */
export function acceptSignal(context: MailboxContext, signal: Signal): void {
  if (context.log.row === null || !isContact(context, signal.from)) return;
  if (signal.kind === "presence") context.presence.remember(signal.from, signal.presence);
  const showsSignals = context.log.row.presence === 1;
  for (const session of context.sockets.all()) {
    if (session.kind === "plain") continue;
    if (closeCodeOf(context, session) !== null) {
      // It receives nothing any more, and the end of the next group commit closes it.
      context.groupCommit.enqueue(() => undefined);
      continue;
    }
    if (!showsSignals) continue;
    if (signal.kind === "typing") session.output.queueFrame(writeFrame({ type: "typing", from: signal.from }));
    else if (session.watched.includes(signal.from))
      session.output.queueFrame(writeFrame({ type: "presence", user: signal.from, ...signal.presence }));
  }
  context.sockets.flush();
}
