// A network that drops the bytes of the client, those of the server, or both, without a FIN to either side.
import { waitUntil } from "../client-fleet.ts";
import { type Fault, settleAndCheck, formatMs, userNames, sleep, quantile, withFleet } from "../fault.ts";
import type { History, DeviceId } from "../history.ts";
import type { Dropped } from "../tcp-proxy.ts";

/** Limits for a device to notice that it receives nothing, and that only its own bytes are dropped. */
const MAX_NOTICE_MS = 30_000;
const MAX_NOTICE_UP_MS = 50_000;
/** For how long new connections drop too. What was under way when it began has arrived by then. */
const DROP_MS = 100;
const DIRECTIONS: readonly Dropped[] = ["up", "down", "both"];

export const halfOpen: Fault = {
  name: "Half-open",
  procedure:
    "a TCP proxy drops everything from the client, everything from the server, or both, of open connections, without a FIN; all clients keep sending",
  expectation:
    "the sender's message shows as not stored, the receiver notices in 30 s, everything arrives once afterwards",
  play(scale) {
    return withFleet({}, async (_, fleet) => {
      const clients = await fleet.connect(userNames(24));
      for (const [i, client] of clients.entries()) fleet.every(1_000, () => fleet.send(client, `u${i ^ 1}`));
      await fleet.untilSent(2 * clients.length);
      const from = fleet.recorder.now;
      // In each pair both clients, the first, or the second.
      const affected = clients.filter((_, i) => i % 6 !== 3 && i % 6 !== 4);
      for (const [i, { proxy }] of affected.entries()) proxy.drop(DIRECTIONS[i % DIRECTIONS.length] ?? "both");
      await sleep(DROP_MS);
      for (const { proxy } of affected) proxy.drop("none");
      if (scale === "short") await fleet.stopActions();
      // A client whose bytes are dropped may receive frames of returning clients, which delay its own ping.
      const all = () => affected.every(({ id }) => Number.isFinite(disconnectedAt(fleet.recorder, id, from)));
      // Those that never notice are reported below.
      await waitUntil(all, "not every client noticed", MAX_NOTICE_UP_MS).catch(() => undefined);
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const noticed = affected.map(({ id }) => disconnectedAt(history, id, from) - from);
      const sendOnly = noticed.filter((_, i) => DIRECTIONS[i % DIRECTIONS.length] === "up");
      const slowest = quantile(
        noticed.filter((_, i) => DIRECTIONS[i % DIRECTIONS.length] !== "up"),
        1,
      );
      return {
        wrong: [
          ...wrong,
          ...affected.flatMap(({ id }) => falseNotifications(history, id, from)),
          ...noticed.flatMap((time, i) => (Number.isFinite(time) ? [] : [`${affected[i]?.id} never noticed`])),
        ],
        missed:
          slowest > MAX_NOTICE_MS || quantile(sendOnly, 1) > MAX_NOTICE_UP_MS
            ? [`one client noticed only after ${formatMs(quantile(noticed, 1))}`]
            : [],
        observed: `${affected.length} of ${clients.length} clients cut off; those that received nothing noticed after ${formatMs(slowest)} at most, those that only could not send after ${formatMs(quantile(sendOnly, 1))}; ${counts}`,
      };
    });
  },
};

function disconnectedAt({ events }: Pick<History, "events">, device: DeviceId, from: number): number {
  return (
    events.find((event) => event.by === device && event.at > from && event.is === "connection")?.at ??
    Number.POSITIVE_INFINITY
  );
}

/** Notifications for messages that were sent over a connection whose bytes were dropped. */
function falseNotifications(history: History, device: DeviceId, from: number): string[] {
  const lost = disconnectedAt(history, device, from);
  const words = new Set<string>();
  for (const event of history.events) {
    if (event.by === device && event.is === "sent" && event.at > from + DROP_MS) words.add(event.word);
  }
  return history.events.flatMap((event) => {
    if (event.is !== "notified" || event.at >= lost || !words.has(event.word)) return [];
    return [`${device} received ${event.state} for ${event.word}, over a connection that carries nothing`];
  });
}
