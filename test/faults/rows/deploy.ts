// The Worker's code is replaced under everybody who is connected; then every object goes from memory with its sockets closed.
import { release, severable } from "../bundle.ts";
import { type Crowd, until } from "../crowd.ts";
import { count, type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import { comebacks, curve } from "../figures.ts";
import type { Server } from "../server.ts";

/** Ms within which 95 % are to have everything again. */
const COMPLETE = 2_000;

/** Everybody, and how many it is compared with. */
const USERS = 1_000;
const FEWER = 300;

export const deploy: Fault = {
  name: "Deploy",
  how: "the Worker's code is replaced under 1,000 connected clients who send; then every object is evicted with its sockets closed",
  hold: "0 lost; 95 % complete again < 2 s; reconnects are spread",
  beside: "nothing",
  async play(scale) {
    const all = await playWith(scale === "whole" ? USERS : 40);
    if (scale === "short") return { wrong: all.wrong, seen: all.seen };
    const fewer = await playWith(FEWER);
    return {
      wrong: [...all.wrong, ...fewer.wrong],
      missed: all.lines
        .filter((time) => time > COMPLETE)
        .map((time) => `95 % were complete again after ${ms(time)} only`),
      seen: all.seen,
      more: `Reconnects after the code was replaced, of ${count(USERS)} clients:\n\n${all.curve}\n\nWith fewer clients: ${fewer.seen}.`,
    };
  },
};

interface Played {
  readonly wrong: readonly string[];
  readonly seen: string;
  /** Ms until 95 % were complete again: after the code was replaced, and after everything was evicted. */
  readonly lines: readonly [number, number];
  readonly curve: string;
}

async function playWith(users: number): Promise<Played> {
  const code = await severable();
  return withCrowd({ code }, async (server, crowd) => {
    const everybody = names(users);
    const people = await crowd.enter(everybody);
    for (const [i, person] of people.entries()) crowd.every(5_000, () => crowd.send(person, `u${i ^ 1}`));
    // A connection that lasted less is no good one to the SDK, and it would wait longer than after a deploy.
    await pause(5_500);
    const replaced = await during(crowd, () => server.restart(release(code, "the next release")));
    await pause(5_500);
    const evicted = await during(crowd, () => evictAll(server, everybody));
    await pause(1_000);
    const { wrong, history, counts } = await judge(crowd);
    const line = (from: number) =>
      share(
        comebacks(history, from).map(({ complete }) => complete),
        0.95,
      );
    const lines = [line(replaced), line(evicted)] as const;
    return {
      wrong,
      seen: `${count(users)} clients; ${counts}; new code: 95 % complete again after ${ms(lines[0])}; evicted: ${ms(lines[1])}`,
      lines,
      curve: curve(comebacks(history, replaced).map(({ open }) => open)),
    };
  });
}

/** Does it, and waits until everybody is connected again; when it began, in the history's time. */
async function during(crowd: Crowd, act: () => Promise<unknown>): Promise<number> {
  const from = crowd.recorder.now;
  await act();
  await until(
    () => crowd.people.some(({ online }) => !online) || crowd.recorder.now - from > 2_000,
    "nobody was cut off",
  );
  await crowd.allOnline();
  await pause(1_000);
  return from;
}

async function evictAll(server: Server, users: readonly string[]): Promise<void> {
  await fetch(`${server.url}/faults/evict?user=${users.join(",")}`);
}
