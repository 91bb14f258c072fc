// Some mailboxes can't be reached by others: calls fail, or hang without an answer. Who writes to them is told so and never held up.
import { severable } from "../bundle.ts";
import { count, type Fault, judge, ms, names, pause, share, withCrowd } from "../fault.ts";
import type { History } from "../history.ts";
import type { Server } from "../server.ts";

/** Ms within which a sender is to be told `queued`, and within which a message to somebody else is to be stored meanwhile. */
const QUEUED = 3_000;
const STORED = 1_000;

export const split: Fault = {
  name: "Split",
  how: "the receivers' objects can't be reached for 60 s, half of them fail every call, half of them never answer; senders keep sending to them and to others",
  hold: "`queued`, then `stored`, in order; the sender is never blocked",
  async play(scale) {
    const [length, each] = scale === "whole" ? [60_000, 500] : [5_000, 200];
    const senders = names(8, "s");
    const lost = names(8, "lost");
    return withCrowd({ code: await severable() }, async (server, crowd) => {
      const people = await crowd.enter(senders);
      await crowd.enter([...lost, "there"]);
      await pause(500);
      await sever(server, lost, (i) => (i % 2 === 0 ? "fail" : "hang"));
      const from = crowd.recorder.now;
      for (const [i, person] of people.entries()) {
        crowd.every(each, () => crowd.send(person, lost[i] ?? ""));
        crowd.every(each, () => crowd.send(person, "there"));
      }
      await pause(length);
      const to = crowd.recorder.now;
      await sever(server, lost, () => "heal");
      const healed = performance.now();
      const { wrong, history, counts } = await judge(crowd);
      const all = performance.now() - healed;
      const [queued, stored] = [answers(history, from, to, "lost"), answers(history, from, to, "there")];
      const silent = queued.filter(({ state }) => state !== "queued").length;
      const [slow, slower] = [
        share(
          queued.map(({ time }) => time),
          1,
        ),
        share(
          stored.map(({ time }) => time),
          0.99,
        ),
      ];
      return {
        wrong: [
          ...wrong,
          ...(silent > 0 ? [`${silent} messages to somebody out of reach were not told as queued`] : []),
        ],
        missed: [
          ...(slow > QUEUED ? [`a sender waited ${ms(slow)} for an answer`] : []),
          ...(slower > STORED ? [`meanwhile messages to others took ${ms(slower)} (p99)`] : []),
        ],
        seen: `${counts}, ${count(queued.length)} of them to mailboxes out of reach: \`queued\` after ${ms(slow)} at most; to others meanwhile stored after ${ms(slower)} (p99); all delivered ${ms(all)} after the end`,
      };
    });
  },
};

async function sever(server: Server, users: readonly string[], how: (i: number) => string): Promise<void> {
  for (const [i, user] of users.entries()) await fetch(`${server.url}/faults/sever?user=${user}&how=${how(i)}`);
}

/** The first answer to each message that was sent between two moments to a name that begins so, but for those sent at the very end. */
function answers(
  { events }: History,
  from: number,
  to: number,
  name: string,
): { readonly state: string; readonly time: number }[] {
  const sent = new Map<string, number>();
  const found: { state: string; time: number }[] = [];
  for (const event of events) {
    if (event.is === "sent" && event.at >= from && event.at < to - QUEUED && event.to.startsWith(name)) {
      sent.set(event.word, event.at);
    }
    if (event.is !== "told") continue;
    const at = sent.get(event.word);
    if (at === undefined) continue;
    sent.delete(event.word);
    found.push({ state: event.state, time: event.at - at });
  }
  return found;
}
