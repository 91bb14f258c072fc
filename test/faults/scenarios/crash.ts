// The server's process is killed repeatedly in the middle of bursts, at random times; after every second kill a client
// is restarted.
import { Random } from "../../chaos/random.ts";
import { type Fault, settleAndCheck, formatMs, userNames, quantile, withFleet } from "../fault.ts";

/** The server has to serve again within this time. */
const MAX_RESTART_MS = 5_000;

export const crash: Fault = {
  name: "Crash",
  procedure:
    "SIGKILL of workerd in the middle of bursts, 20 times, at random times; in between one client after another is closed and opened again",
  expectation: "0 accepted lost, 0 twice; serving again in seconds",
  runsWith: "long",
  async play(scale) {
    const [users, kills] = scale === "whole" ? [40, 20] : [12, 4];
    const random = new Random(7);
    return withFleet({}, async (server, fleet) => {
      const allUsers = userNames(users);
      const clients = [...(await fleet.connect(allUsers)), ...(await fleet.connect(allUsers.slice(0, users / 4), "b"))];
      for (const client of clients) {
        fleet.every(200, () => {
          const to = random.pick(allUsers);
          for (let burst = 1 + random.below(8); burst > 0 && to !== client.user; burst--) fleet.send(client, to);
          if (random.chance(0.2)) client.read(random.pick(allUsers));
        });
      }
      const [serving, all]: [number[], number[]] = [[], []];
      for (let i = 0; i < kills; i++) {
        // 0.1 to 1.3 s of bursts.
        await fleet.untilSent(clients.length * (2 + random.below(28)));
        const killed = performance.now();
        await server.kill();
        await server.restart();
        await fetch(`${server.url}/api/online`);
        serving.push(performance.now() - killed);
        await fleet.allOnline();
        all.push(performance.now() - killed);
        if (i % 2 === 1) await random.pick(clients).restart();
      }
      // The client that was restarted last sends again what it had not sent.
      await fleet.untilSent(10 * clients.length);
      const { wrong, counts } = await settleAndCheck(fleet);
      const slowest = quantile(serving, 1);
      return {
        wrong,
        missed: slowest > MAX_RESTART_MS ? [`once it took ${formatMs(slowest)} until it served again`] : [],
        observed: `${kills} kills; ${counts}; it served again after ${formatMs(quantile(serving, 0.5))} (median), ${formatMs(slowest)} (slowest); all ${clients.length} clients, backing off from one kill to the next, after ${formatMs(quantile(all, 0.5))}, ${formatMs(quantile(all, 1))}`,
      };
    });
  },
};
