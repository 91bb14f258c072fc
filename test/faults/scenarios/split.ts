// Some mailboxes are unreachable for others: calls fail, or hang without a reply. Their senders are notified, and never
// blocked.
import { workerWithFaultRoutes } from "../bundle.ts";
import { formatCount, type Fault, settleAndCheck, formatMs, userNames, sleep, quantile, withFleet } from "../fault.ts";
import type { History } from "../history.ts";
import type { Server } from "../server.ts";

/** Limits for a sender to receive `queued`, and for a message to a reachable mailbox to be stored meanwhile. */
const MAX_QUEUED_MS = 3_000;
const MAX_STORED_MS = 1_000;

export const split: Fault = {
  name: "Split",
  procedure:
    "the receivers' objects can't be reached for 60 s, half of them fail every call, half of them never answer; senders keep sending to them and to others",
  expectation: "`queued`, then `stored`, in order; the sender is never blocked",
  async play(scale) {
    const [length, each] = scale === "whole" ? [60_000, 500] : [5_000, 200];
    const senders = userNames(8, "s");
    const unreachable = userNames(8, "lost");
    return withFleet({ code: await workerWithFaultRoutes() }, async (server, fleet) => {
      const clients = await fleet.connect(senders);
      await fleet.connect([...unreachable, "there"]);
      await setReachability(server, unreachable, (i) => (i % 2 === 0 ? "fail" : "hang"));
      const from = fleet.recorder.now;
      for (const [i, client] of clients.entries()) {
        fleet.every(each, () => fleet.send(client, unreachable[i] ?? ""));
        fleet.every(each, () => fleet.send(client, "there"));
      }
      await sleep(length);
      const to = fleet.recorder.now;
      await setReachability(server, unreachable, () => "heal");
      const healed = performance.now();
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const all = performance.now() - healed;
      const [queued, stored] = [
        firstNotifications(history, from, to, "lost"),
        firstNotifications(history, from, to, "there"),
      ];
      const silent = queued.filter(({ state }) => state !== "queued").length;
      const [slow, slower] = [
        quantile(
          queued.map(({ time }) => time),
          1,
        ),
        quantile(
          stored.map(({ time }) => time),
          0.99,
        ),
      ];
      return {
        wrong: [
          ...wrong,
          ...(silent > 0 ? [`${silent} messages to unreachable mailboxes were not reported as queued`] : []),
        ],
        missed: [
          ...(slow > MAX_QUEUED_MS ? [`a sender waited ${formatMs(slow)} for an answer`] : []),
          ...(slower > MAX_STORED_MS ? [`meanwhile messages to others took ${formatMs(slower)} (p99)`] : []),
        ],
        observed: `${counts}, ${formatCount(queued.length)} of them to mailboxes out of reach: \`queued\` after ${formatMs(slow)} at most; to others meanwhile stored after ${formatMs(slower)} (p99); all delivered ${formatMs(all)} after the end`,
      };
    });
  },
};

async function setReachability(server: Server, users: readonly string[], how: (i: number) => string): Promise<void> {
  for (const [i, user] of users.entries()) await fetch(`${server.url}/faults/sever?user=${user}&how=${how(i)}`);
}

/**
 * The first notification for each message that was sent between `from` and `to` to names with this prefix, except the
 * last `MAX_QUEUED_MS`.
 */
function firstNotifications(
  { events }: History,
  from: number,
  to: number,
  name: string,
): { readonly state: string; readonly time: number }[] {
  const sent = new Map<string, number>();
  const found: { state: string; time: number }[] = [];
  for (const event of events) {
    if (event.is === "sent" && event.at >= from && event.at < to - MAX_QUEUED_MS && event.to.startsWith(name)) {
      sent.set(event.word, event.at);
    }
    if (event.is !== "notified") continue;
    const at = sent.get(event.word);
    if (at === undefined) continue;
    sent.delete(event.word);
    found.push({ state: event.state, time: event.at - at });
  }
  return found;
}
