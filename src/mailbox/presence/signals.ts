// Signals: typing, and what others' mailboxes signal. Nothing here is ever stored; what is lost is lost, and the next one tells the truth
// again. Presence: presence.ts.
import { write } from "../../protocol/down.ts";
import type { Signal } from "../../protocol/envelope.ts";
import { note, reasonOf } from "../../protocol/log-events.ts";
import { SIGNALS } from "../../protocol/limits.ts";
import { V1 } from "../../protocol/version.ts";
import { isOver } from "../access/account.ts";
import { takeTyping } from "../limits/allowance.ts";
import type { Box } from "../context.ts";
import { hearPresence } from "./presence.ts";
import { isContact } from "../access/standing.ts";

export { presenceFor } from "./presence.ts";

/** When the user last typed to whom, the latest at the end. */
const typed = new WeakMap<Box, Map<string, number>>();

/** The user types. Only contacts with whom there is a conversation hear of it. */
export function type(box: Box, to: string): void {
  const times = typed.get(box) ?? new Map<string, number>();
  typed.set(box, times);
  const now = Date.now();
  for (const [peer, at] of times) {
    if (now - at < SIGNALS.TYPING_MS) break;
    times.delete(peer);
  }
  if (to === box.user || times.has(to) || !box.log.peers.has(to) || !isContact(box, to)) return;
  if (takeTyping(box) > 0 || !box.budget.takeSpare()) return;
  times.set(to, now);
  const sent = box.peers.signal({ kind: "typing", from: box.user, to }).catch((error: unknown) => {
    note("signal_lost", { user: box.user, to, kind: "typing", reason: reasonOf(error) });
  });
  box.background(sent);
}

/** A signal of a peer's: passed on to the sockets that it is for. */
export function hear(box: Box, signal: Signal): void {
  if (box.log.life === null || !isContact(box, signal.from)) return;
  if (signal.kind === "presence") hearPresence(box, signal.from, signal.presence);
  for (const session of box.sockets.all()) {
    if (session.dialect !== V1) continue;
    if (isOver(box, session) !== null) {
      // Nothing is given to it any more, and the end of the next group closes it.
      box.turn.join(() => undefined);
      continue;
    }
    if (signal.kind === "typing") box.sockets.say(session, write({ type: "typing", from: signal.from }));
    else if (session.watched.includes(signal.from) && box.log.life?.presence === 1) {
      box.sockets.say(session, write({ type: "presence", user: signal.from, ...signal.presence }));
    }
  }
  box.sockets.flush();
}
