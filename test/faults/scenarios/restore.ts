// The state folder is restored to an older copy while clients keep running: first all mailboxes, then one alone, whose
// peers are ahead of it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dropFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import type { ClientFleet } from "../client-fleet.ts";
import { type Fault, settleAndCheck, userNames, type Scale, withFleet } from "../fault.ts";
import type { Server } from "../server.ts";

export const restore: Fault = {
  name: "Restore",
  procedure:
    "the state folder is restored to an older copy while clients stay connected; then one mailbox alone. (A copy that is five minutes old: see Soak)",
  expectation: "no number reused, gaps sent, peers send lost messages again, nothing shown twice",
  async play(scale) {
    const [all, one] = [await playOne(scale, false), await playOne(scale, true)];
    return {
      wrong: [...all.wrong, ...one.wrong],
      observed: `all mailboxes: ${all.observed}; one mailbox: ${one.observed}`,
    };
  },
};

async function playOne(scale: Scale, alone: boolean): Promise<{ wrong: readonly string[]; observed: string }> {
  const users = scale === "whole" ? 40 : 8;
  const random = new Random(alone ? 11 : 12);
  return withFleet({}, async (server, fleet) => {
    const allUsers = userNames(users);
    const clients = [...(await fleet.connect(allUsers)), ...(await fleet.connect(allUsers.slice(0, users / 2), "b"))];
    const startSending = () => {
      for (const client of clients) {
        fleet.every(150, () => {
          const to = random.pick(allUsers);
          if (to !== client.user) fleet.send(client, to);
          if (random.chance(0.1)) client.read(random.pick(allUsers));
        });
      }
    };
    startSending();
    await fleet.untilSent(10 * clients.length);
    await server.kill();
    const copy = server.copy();
    const recordRestore = fleet.recorder.recordCopy();
    await server.restart();
    await fleet.allOnline();
    await fleet.untilSent(13 * clients.length);
    // Two clients are offline with an older cursor than the others.
    clients[0]?.goOffline();
    clients.at(-1)?.goOffline(true);
    await fleet.untilSent(3 * clients.length);
    await server.kill();
    const [user = ""] = allUsers.slice(1);
    if (alone) server.restore(copy, mailboxFileOf(server, user));
    else server.restore(copy);
    recordRestore(alone ? user : undefined);
    dropFolder(copy);
    await server.restart();
    await fleet.allOnline(clients.slice(1, -1));
    await fleet.untilSent(5 * clients.length);
    clients[0]?.goOnline();
    clients.at(-1)?.goOnline();
    await fleet.allOnline();
    await fleet.untilSent(5 * clients.length);
    await sendToEveryone(
      fleet,
      clients.map((client) => client.user),
    );
    const { wrong, history, counts } = await settleAndCheck(fleet);
    const gaps = history.events.filter(({ is }) => is === "gap").length;
    return { wrong, observed: `${counts}, ${gaps} gaps sent` };
  });
}

/** Every user sends to every other: a peer learns that a mailbox lost confirmed messages when it next sends to it. */
async function sendToEveryone(fleet: ClientFleet, users: readonly string[]): Promise<void> {
  await fleet.stopActions();
  for (const client of fleet.clients) {
    if (client.device !== "a") continue;
    for (const user of new Set(users)) if (user !== client.user) fleet.send(client, user);
  }
}

/** The path of a user's mailbox in the state folder. */
function mailboxFileOf(server: Server, user: string): string {
  for (const name of readdirSync(server.state, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".sqlite") || !name.includes("mailbox")) continue;
    const database = new DatabaseSync(join(server.state, name), { readOnly: true });
    const row = database.prepare("SELECT name FROM mailbox").get();
    database.close();
    if (row?.["name"] === user) return name;
  }
  throw new Error(`no file is the mailbox of ${user}`);
}
