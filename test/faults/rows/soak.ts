// All of it at a low rate, for ten minutes: memory and file descriptors are watched, and in the end everything is put back to a copy
// that is five minutes old.
import { dropFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import { severable } from "../bundle.ts";
import { count, type Fault, judge, names, pause, withCrowd } from "../fault.ts";
import type { Person } from "../person.ts";
import type { Server } from "../server.ts";
import { attack } from "./flood.ts";
import { mega } from "./slow-reader.ts";

/** Ms of the soak, and between two messages of a person. */
const LENGTH = 600_000;
const EACH = 2_000;
/** The share by which the last third may lie above the one before. */
const GROWTH = 0.15;

interface Sample {
  readonly memory: number;
  readonly files: number;
}

export const soak: Fault = {
  name: "Soak",
  how: "200 clients for 10 minutes with jitter, half-open networks, clients that restart, evictions, splits and floods at a low rate; then the state folder is restored to a copy that is five minutes old, and the clients continue",
  hold: "memory and file descriptors level off; nothing lost but what the copy lacks, and that is reported",
  long: true,
  async play(scale) {
    const [users, length] = scale === "whole" ? [200, LENGTH] : [20, 8_000];
    const random = new Random(9);
    return withCrowd({ code: await severable() }, async (server, crowd) => {
      const everybody = names(users);
      const people = [...(await crowd.enter(everybody)), ...(await crowd.enter(everybody.slice(0, users / 10), "b"))];
      // So many friends that all of them speak again after the end.
      const friendOf = (person: Person) =>
        everybody[(everybody.indexOf(person.user) ^ (1 + random.below(3))) % users] ?? "";
      for (const person of people) {
        crowd.every(EACH, () => {
          const friend = friendOf(person);
          if (friend !== person.user) crowd.send(person, friend);
          if (random.chance(0.2)) person.read(friend);
        });
      }
      crowd.sometimes(
        () => 600,
        // The server may be down at this moment: trouble enough.
        () => trouble(random, server, people).catch(() => undefined),
      );
      const samples: Sample[] = [];
      const soak = async (ms: number) => {
        for (let at = 0; at < ms; at += ms / 30) {
          await pause(ms / 30);
          samples.push({ memory: server.memory(), files: server.descriptors() });
        }
      };
      await soak(length / 2);
      const copy = server.copy();
      const putBack = crowd.recorder.copied();
      await soak(length / 2);
      await server.kill();
      await pause(100);
      server.putBack(copy);
      putBack();
      dropFolder(copy);
      await server.restart();
      // Everybody speaks to every friend again.
      await pause(Math.max(EACH * 6, 10_000));
      const { wrong, history, counts } = await judge(crowd);
      const gaps = history.events.filter(({ is }) => is === "gap").length;
      return {
        wrong,
        missed: scale === "whole" ? grown(samples) : [],
        seen: `${count(length / 1_000)} s, ${counts}, ${gaps} gaps sent after the restore; ${levels(samples)}`,
      };
    });
  },
};

/** One trouble of somebody's. */
async function trouble(random: Random, server: Server, people: readonly Person[]): Promise<void> {
  const person = random.pick(people);
  const kind = random.below(100);
  if (kind < 50) {
    person.leave(random.chance(0.5));
    await pause(500 + random.below(3_000));
    person.comeBack();
  } else if (kind < 65) {
    person.gate.swallow(random.pick(["up", "down", "both"]));
    await pause(100);
    person.gate.swallow("none");
  } else if (kind < 80) await fetch(`${server.url}/faults/evict?user=${person.user}`);
  else if (kind < 88) await person.restart();
  else if (kind < 97) {
    await fetch(`${server.url}/faults/sever?user=${person.user}&how=${random.pick(["fail", "hang"])}`);
    await pause(3_000);
    await fetch(`${server.url}/faults/sever?user=${person.user}&how=heal`);
  } else await attack(random.pick(["send", "open", "garbage"]), server, 1);
}

/** What went on growing. */
function grown(samples: readonly Sample[]): string[] {
  const [, middle, last] = thirds(samples);
  return (["memory", "files"] as const).flatMap((kind) => {
    const [before, after] = [middle, last].map((third = []) => Math.max(...third.map((sample) => sample[kind])));
    if (before === undefined || after === undefined || after <= before * (1 + GROWTH)) return [];
    return [`${kind} went on growing: ${before} at most in the second third, ${after} in the last`];
  });
}

function levels(samples: readonly Sample[]): string {
  const most = thirds(samples).map((third) => ({
    memory: Math.max(...third.map(({ memory }) => memory)),
    files: Math.max(...third.map(({ files }) => files)),
  }));
  return `at most in each third: memory ${most.map(({ memory }) => mega(memory)).join(", ")}; files ${most.map(({ files }) => files).join(", ")}`;
}

function thirds(samples: readonly Sample[]): Sample[][] {
  const size = Math.ceil(samples.length / 3);
  return [0, 1, 2].map((i) => samples.slice(i * size, (i + 1) * size));
}
