// All faults at a low rate, for ten minutes: memory and file descriptors are sampled, and in the end all mailboxes are
// restored to a copy that is five minutes old.
import { dropFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import { workerWithFaultRoutes } from "../bundle.ts";
import { formatCount, type Fault, settleAndCheck, userNames, sleep, withFleet } from "../fault.ts";
import type { TestClient } from "../test-client.ts";
import type { Server } from "../server.ts";
import { attack } from "./flood.ts";
import { megabytes } from "./slow-reader.ts";

/** The duration of the soak, and the interval between two messages of a client. */
const SOAK_MS = 600_000;
const SEND_EVERY_MS = 2_000;
/** For how long new connections of a half-open network drop too. */
const DROP_MS = 100;
/** By how much the last third's maximum may exceed that of the second third. */
const MAX_GROWTH = 0.15;

interface Sample {
  readonly memory: number;
  readonly files: number;
}

export const soak: Fault = {
  name: "Soak",
  procedure:
    "200 clients for 10 minutes with jitter, half-open networks, clients that restart, evictions, splits and floods at a low rate; then the state folder is restored to a copy that is five minutes old, and the clients continue",
  expectation: "memory and file descriptors level off; nothing lost but what the copy lacks, and that is reported",
  isLong: true,
  async play(scale) {
    const [users, length] = scale === "whole" ? [200, SOAK_MS] : [20, 8_000];
    const random = new Random(9);
    return withFleet({ code: await workerWithFaultRoutes() }, async (server, fleet) => {
      const allUsers = userNames(users);
      const clients = [
        ...(await fleet.connect(allUsers)),
        ...(await fleet.connect(allUsers.slice(0, users / 10), "b")),
      ];
      // Few enough peers that every client sends to all of them again after the restore.
      const peerOf = (client: TestClient) =>
        allUsers[(allUsers.indexOf(client.user) ^ (1 + random.below(3))) % users] ?? "";
      for (const client of clients) {
        fleet.every(SEND_EVERY_MS, () => {
          const peer = peerOf(client);
          if (peer !== client.user) fleet.send(client, peer);
          if (random.chance(0.2)) client.read(peer);
        });
      }
      fleet.atIntervals(
        () => 600,
        // The server may be down at that time.
        () => disturbOne(random, server, clients).catch(() => undefined),
      );
      const samples: Sample[] = [];
      const soak = async (duration: number) => {
        for (let at = 0; at < duration; at += duration / 30) {
          await sleep(duration / 30);
          samples.push({ memory: server.memory(), files: server.descriptors() });
        }
      };
      await soak(length / 2);
      const copy = server.copy();
      const recordRestore = fleet.recorder.recordCopy();
      await soak(length / 2);
      await server.kill();
      server.restore(copy);
      recordRestore();
      dropFolder(copy);
      await server.restart();
      // Every client sends to each of its peers again.
      await fleet.untilSent(6 * clients.length);
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const gaps = history.events.filter(({ is }) => is === "gap").length;
      return {
        wrong,
        missed: scale === "whole" ? growthOf(samples) : [],
        observed: `${formatCount(length / 1_000)} s, ${counts}, ${gaps} gaps sent after the restore; ${levels(samples)}`,
      };
    });
  },
};

/** One random fault of one random client. */
async function disturbOne(random: Random, server: Server, clients: readonly TestClient[]): Promise<void> {
  const client = random.pick(clients);
  const kind = random.below(100);
  if (kind < 50) {
    client.goOffline(random.chance(0.5));
    await sleep(500 + random.below(3_000));
    client.goOnline();
  } else if (kind < 65) {
    client.proxy.drop(random.pick(["up", "down", "both"]));
    await sleep(DROP_MS);
    client.proxy.drop("none");
  } else if (kind < 80) await fetch(`${server.url}/faults/evict?user=${client.user}`);
  else if (kind < 88) await client.restart();
  else if (kind < 97) {
    await fetch(`${server.url}/faults/sever?user=${client.user}&how=${random.pick(["fail", "hang"])}`);
    await sleep(3_000);
    await fetch(`${server.url}/faults/sever?user=${client.user}&how=heal`);
  } else await attack(random.pick(["send", "open", "garbage"]), server, 1);
}

/** Complaints about figures that still grow in the last third. */
function growthOf(samples: readonly Sample[]): string[] {
  const [, middle, last] = thirds(samples);
  return (["memory", "files"] as const).flatMap((kind) => {
    const [before, after] = [middle, last].map((third = []) => Math.max(...third.map((sample) => sample[kind])));
    if (before === undefined || after === undefined || after <= before * (1 + MAX_GROWTH)) return [];
    return [`${kind} did not level off: ${before} at most in the second third, ${after} in the last`];
  });
}

function levels(samples: readonly Sample[]): string {
  const most = thirds(samples).map((third) => ({
    memory: Math.max(...third.map(({ memory }) => memory)),
    files: Math.max(...third.map(({ files }) => files)),
  }));
  return `at most in each third: memory ${most.map(({ memory }) => megabytes(memory)).join(", ")}; files ${most.map(({ files }) => files).join(", ")}`;
}

function thirds(samples: readonly Sample[]): Sample[][] {
  const size = Math.ceil(samples.length / 3);
  return [0, 1, 2].map((i) => samples.slice(i * size, (i + 1) * size));
}
