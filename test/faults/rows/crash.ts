// The server's process is killed in the middle of bursts, at random moments, again and again; and now and then a client's too.
import { Random } from "../../chaos/random.ts";
import { type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";

/** Ms within which it is to serve again. */
const SERVING = 5_000;

export const crash: Fault = {
  name: "Crash",
  how: "SIGKILL of workerd in the middle of bursts, 20 times, at random times; in between one client after another is closed and opened again",
  hold: "0 accepted lost, 0 twice; serving again in seconds",
  beside: "long",
  async play(scale) {
    const [users, kills] = scale === "whole" ? [40, 20] : [12, 4];
    const random = new Random(7);
    return withCrowd({}, async (server, crowd) => {
      const everybody = names(users);
      const people = [...(await crowd.enter(everybody)), ...(await crowd.enter(everybody.slice(0, users / 4), "b"))];
      for (const person of people) {
        crowd.every(200, () => {
          const to = random.pick(everybody);
          for (let burst = 1 + random.below(8); burst > 0 && to !== person.user; burst--) crowd.send(person, to);
          if (random.chance(0.2)) person.read(random.pick(everybody));
        });
      }
      const [serving, all]: [number[], number[]] = [[], []];
      for (let i = 0; i < kills; i++) {
        await pause(100 + random.below(1_200));
        const killed = performance.now();
        await server.kill();
        await server.restart();
        await fetch(`${server.url}/api/online`);
        serving.push(performance.now() - killed);
        await crowd.allOnline();
        all.push(performance.now() - killed);
        if (i % 2 === 1) await random.pick(people).restart();
      }
      await pause(500);
      const { wrong, counts } = await judge(crowd);
      const slowest = share(serving, 1);
      return {
        wrong,
        missed: slowest > SERVING ? [`once it took ${ms(slowest)} until it served again`] : [],
        seen: `${kills} kills; ${counts}; it served again after ${ms(share(serving, 0.5))} (median), ${ms(slowest)} (slowest); all ${people.length} clients, backing off from one kill to the next, after ${ms(share(all, 0.5))}, ${ms(share(all, 1))}`,
      };
    });
  },
};
