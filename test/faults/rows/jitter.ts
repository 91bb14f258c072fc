// Everybody's network comes and goes: sockets are cut without a close, and devices are away for a while.
import { Random } from "../../chaos/random.ts";
import { count, type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import { returns } from "../figures.ts";

/** Ms within which whoever came back is to have everything that was accepted meanwhile. */
const COMPLETE = 1_000;
/** Ms between two messages of a person, between two losses of the network on average, and of an absence. */
const EACH = 500;
const CUT_EVERY = 15_000;
const AWAY = 2_000;

export const jitter: Fault = {
  name: "Jitter",
  how: "1,000 clients in pairs, two messages a second each way for 60 s; their sockets are cut without a close about every 15 s, half of them so that the server does not notice; away about 2 s",
  hold: "100 % delivered, 0 twice; from coming back to complete: p99 < 1 s",
  async play(scale) {
    const [users, length, every] = scale === "whole" ? [1_000, 60_000, CUT_EVERY] : [30, 8_000, 4_000];
    const random = new Random(1);
    return withCrowd({}, async (_, crowd) => {
      const people = await crowd.enter(names(users));
      for (const [i, person] of people.entries()) {
        crowd.every(EACH, () => crowd.send(person, `u${i ^ 1}`));
        crowd.sometimes(
          () => every * (0.5 + random.next()),
          async () => {
            person.leave(random.chance(0.5));
            await pause(AWAY * (0.5 + random.next()));
            person.comeBack();
          },
        );
      }
      await pause(length);
      const { wrong, history, counts } = await judge(crowd);
      const times = returns(history).map(({ complete }) => complete);
      const p99 = share(times, 0.99);
      return {
        wrong,
        missed: p99 > COMPLETE ? [`1 in 100 comebacks took more than ${ms(p99)}`] : [],
        seen: `${counts}; ${count(times.length)} comebacks, complete after ${ms(share(times, 0.5))} (median), ${ms(p99)} (p99)`,
      };
    });
  },
};
