// Signals: typing, and what others' mailboxes signal. Nothing here is ever stored; what is lost is lost, and the next one tells the truth
// again. Presence: presence.ts.
import { write } from "../../protocol/down.ts";
import type { Signal } from "../../protocol/envelope.ts";
import { logEvent, reasonOf } from "../../protocol/log-events.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { whyOver } from "../access/account.ts";
import { takeTyping } from "../limits/allowance.ts";
import type { MailboxContext } from "../context.ts";
import { applyPresence } from "./presence.ts";
import { isContact } from "../access/standing.ts";

export { presenceFor } from "./presence.ts";

/** When the user last typed to whom, the latest at the end. */
const typed = new WeakMap<MailboxContext, Map<string, number>>();

/** The user types. Only contacts with whom there is a conversation hear of it. */
export function sendTyping(context: MailboxContext, to: string): void {
  const times = typed.get(context) ?? new Map<string, number>();
  typed.set(context, times);
  const now = Date.now();
  for (const [peer, at] of times) {
    if (now - at < SIGNALS.TYPING_MS) break;
    times.delete(peer);
  }
  if (to === context.user || times.has(to) || !context.log.peers.has(to) || !isContact(context, to)) return;
  if (takeTyping(context) > 0 || !context.budget.takeSpare()) return;
  times.set(to, now);
  const sent = context.remote.signal({ kind: "typing", from: context.user, to }).catch((error: unknown) => {
    logEvent("signal_lost", { user: context.user, to, kind: "typing", reason: reasonOf(error) });
  });
  context.background(sent);
}

/** A signal of a peer's: passed on to the sockets that it is for. */
export function acceptSignal(context: MailboxContext, signal: Signal): void {
  if (context.log.row === null || !isContact(context, signal.from)) return;
  if (signal.kind === "presence") applyPresence(context, signal.from, signal.presence);
  for (const session of context.sockets.all()) {
    if (session.kind === "plain") continue;
    if (whyOver(context, session) !== null) {
      // Nothing is given to it any more, and the end of the next group closes it.
      context.groupCommit.enqueue(() => undefined);
      continue;
    }
    if (signal.kind === "typing") session.output.queueFrame(write({ type: "typing", from: signal.from }));
    else if (session.watched.includes(signal.from) && context.log.row?.presence === 1) {
      session.output.queueFrame(write({ type: "presence", user: signal.from, ...signal.presence }));
    }
  }
  context.sockets.flush();
}
