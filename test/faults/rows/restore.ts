// The state folder is put back to an older copy while clients live on: first everybody's mailbox, then one alone, whose peers know more
// than it does.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dropFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import type { Crowd } from "../crowd.ts";
import { type Fault, judge, names, pause, type Scale, withCrowd } from "../fault.ts";
import type { Server } from "../server.ts";

export const restore: Fault = {
  name: "Restore",
  how: "the state folder is restored to an older copy while clients stay connected; then one mailbox alone. (A copy that is five minutes old: see Soak)",
  hold: "no number reused, gaps sent, peers send lost messages again, nothing shown twice",
  async play(scale) {
    const [all, one] = [await playOne(scale, false), await playOne(scale, true)];
    return {
      wrong: [...all.wrong, ...one.wrong],
      seen: `all mailboxes: ${all.seen}; one mailbox: ${one.seen}`,
    };
  },
};

async function playOne(scale: Scale, alone: boolean): Promise<{ wrong: readonly string[]; seen: string }> {
  const users = scale === "whole" ? 40 : 8;
  const random = new Random(alone ? 11 : 12);
  return withCrowd({}, async (server, crowd) => {
    const everybody = names(users);
    const people = [...(await crowd.enter(everybody)), ...(await crowd.enter(everybody.slice(0, users / 2), "b"))];
    const talk = () => {
      for (const person of people) {
        crowd.every(150, () => {
          const to = random.pick(everybody);
          if (to !== person.user) crowd.send(person, to);
          if (random.chance(0.1)) person.read(random.pick(everybody));
        });
      }
    };
    talk();
    await pause(1_500);
    await server.kill();
    const copy = server.copy();
    const putBack = crowd.recorder.copied();
    await server.restart();
    await crowd.allOnline();
    await pause(2_000);
    // Somebody is away with an older cursor than the rest.
    people[0]?.leave();
    people.at(-1)?.leave(true);
    await pause(500);
    await server.kill();
    await pause(100);
    const [user = ""] = everybody.slice(1);
    if (alone) server.putBack(copy, fileOf(server, user));
    else server.putBack(copy);
    putBack(alone ? user : undefined);
    dropFolder(copy);
    await server.restart();
    await pause(1_500);
    people[0]?.comeBack();
    people.at(-1)?.comeBack();
    await pause(1_000);
    await speakOnce(
      crowd,
      people.map((person) => person.user),
    );
    const { wrong, history, counts } = await judge(crowd);
    const gaps = history.events.filter(({ is }) => is === "gap").length;
    return { wrong, seen: `${counts}, ${gaps} gaps sent` };
  });
}

/** Everybody says one more thing to everybody: a peer finds out that a mailbox has less than it confirmed when it next speaks to it. */
async function speakOnce(crowd: Crowd, users: readonly string[]): Promise<void> {
  await crowd.quiet();
  for (const person of crowd.people) {
    if (person.device !== "a") continue;
    for (const user of new Set(users)) if (user !== person.user) crowd.send(person, user);
  }
  await pause(500);
}

/** The file of a user's mailbox, within the state folder. */
function fileOf(server: Server, user: string): string {
  for (const name of readdirSync(server.state, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".sqlite") || !name.includes("mailbox")) continue;
    const database = new DatabaseSync(join(server.state, name), { readOnly: true });
    const row = database.prepare("SELECT name FROM mailbox").get();
    database.close();
    if (row?.["name"] === user) return name;
  }
  throw new Error(`no file is the mailbox of ${user}`);
}
