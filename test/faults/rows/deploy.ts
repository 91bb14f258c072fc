// The Worker's code is replaced under everybody who is connected; then every object goes from memory with its sockets closed.
import { release, severable } from "../bundle.ts";
import { type Crowd, until } from "../crowd.ts";
import { count, type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import { comebacks, curve } from "../figures.ts";
import type { Server } from "../server.ts";

/** Ms within which 95 % are to have everything again. */
const COMPLETE = 2_000;

export const deploy: Fault = {
  name: "Deploy",
  how: "the Worker's code is replaced under 1,000 connected clients who talk; then every object is evicted with its sockets closed",
  hold: "0 lost; 95 % complete again < 2 s; reconnects are spread",
  beside: "nothing",
  async play(scale) {
    const users = scale === "whole" ? 1_000 : 40;
    const code = await severable();
    return withCrowd({ code }, async (server, crowd) => {
      const people = await crowd.enter(names(users));
      for (const [i, person] of people.entries()) crowd.every(5_000, () => crowd.send(person, `u${i ^ 1}`));
      await pause(scale === "whole" ? 6_000 : 1_000);
      const replaced = await during(crowd, () => server.restart(release(code, "the next release")));
      // A connection that lasted less is no good one to the SDK, and it would wait longer than after a deploy.
      await pause(5_500);
      const evicted = await during(crowd, () =>
        evictAll(
          server,
          people.map(({ user }) => user),
        ),
      );
      await pause(1_000);
      const { wrong, history, counts } = await judge(crowd);
      const times = [replaced, evicted].map((from) => comebacks(history, from).map(({ complete }) => complete));
      const [first = [], second = []] = times;
      const lines = times.map((one) => share(one, 0.95));
      return {
        wrong,
        missed: lines
          .filter((time) => time > COMPLETE)
          .map((time) => `95 % were complete again after ${ms(time)} only`),
        seen: `${count(users)} clients; ${counts}; new code: 95 % complete again after ${ms(share(first, 0.95))}; evicted: ${ms(share(second, 0.95))}`,
        more: `Connected again after the code was replaced, of ${count(first.length)} clients:\n\n${curve(comebacks(history, replaced).map(({ open }) => open))}`,
      };
    });
  },
};

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
