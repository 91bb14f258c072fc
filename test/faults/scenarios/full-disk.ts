// The file system of the mailboxes is full; and, on another server, mailboxes and senders are at their limits.
import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, statfsSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../../../bench/machine/processes.ts";
import { type ClientFleet, waitUntil } from "../client-fleet.ts";
import { type Fault, settleAndCheck, userNames, type Outcome, withFleet } from "../fault.ts";
import type { History } from "../history.ts";
import type { Server } from "../server.ts";

/** The sizes of the small disks. */
const DISK_BYTES = 48_000_000;
const EXT4_BYTES = 80_000_000;
/** The longest back-off of a client, and some. */
const REPORT_TIMEOUT_MS = 40_000;

export const fullDisk: Fault = {
  name: "Full disk",
  procedure:
    "the state folder's file system (a small tmpfs) is full while clients send; the server is killed and started again on it; then there is room",
  expectation:
    "nothing is accepted that is not stored, the client stores it and reports that the server can't store; recovers when there is room",
  play: () =>
    onSmallDisk("tmpfs", (disk) =>
      withFleet({ state: join(disk, "state") }, (server, fleet) => playOn(disk, server, fleet)),
    ),
};

export const fullDiskSelfHosted: Fault = {
  name: "Full disk of a self-hosted server",
  procedure:
    "as above under `npm run selfhost`, with an ext4 whose blocks are smaller than pages of memory, and mailboxes that nobody has open",
  expectation: "as above, and the server is neither ended nor kept from starting",
  play: () =>
    onSmallDisk("ext4", (disk) =>
      withFleet({ state: join(disk, "state"), isSelfHosted: true }, async (server, fleet) => {
        const outcome = await playOn(disk, server, fleet, () => reopenWithLittleRoom(disk, server, fleet));
        const ends = server.output.match(/Received signal #7/g)?.length ?? 0;
        const waits = server.output.match(/"event":"disk_full"/g)?.length ?? 0;
        return {
          ...outcome,
          wrong: [...outcome.wrong, ...(waits < 2 ? [`the server noticed ${waits} full disks in place of 2`] : [])],
          observed: `${outcome.observed}; the server noticed ${waits} full disks, and the disk ended its runtime ${ends} times`,
        };
      }),
    ),
};

/** Fills the disk while clients send, starts the server again there, and makes room. */
async function playOn(disk: string, server: Server, fleet: ClientFleet, first = async () => {}): Promise<Outcome> {
  const clients = await fleet.connect(userNames(12));
  await first();
  for (const [i, client] of clients.entries()) fleet.every(200, () => fleet.send(client, `u${i ^ 1}`));
  await fleet.untilSent(7 * clients.length);
  const ballast = join(disk, "ballast");
  fill(disk, ballast);
  const from = fleet.recorder.now;
  // If no client is given one, the disk was not full enough: the outcome says so.
  const isNoticed = () => reasons(fleet.recorder, from, Infinity).size > 0;
  await waitUntil(isNoticed, "no client was given a reason", REPORT_TIMEOUT_MS).catch(() => undefined);
  await server.kill();
  await server.restart();
  // Each client comes back when its back-off allows, and learns the reason then.
  const haveAll = () => reasons(fleet.recorder, from, Infinity).size === clients.length;
  await waitUntil(haveAll, "not every client was given a reason", REPORT_TIMEOUT_MS).catch(() => undefined);
  const to = fleet.recorder.now;
  rmSync(ballast);
  const { wrong, history, counts } = await settleAndCheck(fleet);
  const reported = reasons(history, from, to);
  const silent = clients.filter(({ id }) => !reported.has(id)).length;
  return {
    wrong: [
      ...wrong,
      ...(reported.size === 0 ? ["the disk was never full enough to be noticed"] : []),
      ...(silent > 0 && reported.size > 0
        ? [`${silent} of ${clients.length} clients did not report that the server can't store`]
        : []),
    ],
    observed: `${counts}; clients reported: “${[...new Set(reported.values())].join("”, “")}”`,
  };
}

/**
 * Leaves room for the first bytes of a mailbox's shared memory, and not for all of it; then all clients open their
 * mailboxes. Without the program this ends the runtime with SIGBUS.
 */
async function reopenWithLittleRoom(disk: string, server: Server, fleet: ClientFleet): Promise<void> {
  for (const client of fleet.clients) client.goOffline();
  await server.kill();
  const ballast = join(disk, "ballast");
  fill(disk, ballast);
  truncateSync(ballast, statSync(ballast).size - 50_000);
  await server.restart();
  const from = fleet.recorder.now;
  for (const client of fleet.clients) client.goOnline();
  const isNoticed = () => reasons(fleet.recorder, from, Infinity).size > 0;
  await waitUntil(isNoticed, "no client was given a reason", REPORT_TIMEOUT_MS);
  rmSync(ballast);
  await fleet.allOnline();
}

export const quota: Fault = {
  name: "Quota",
  procedure:
    "senders above their rate, and a mailbox at its limit of unseen messages (50 of one author, 80 of all) while its user is away",
  expectation: "refusals and failures with a reason; nothing accepted is lost; continues when there is room",
  async play() {
    const limits = { SEND_BURST: "40", SENDS_PER_SECOND: "40", BACKLOG_PER_CORRESPONDENT: "50", BACKLOG: "80" };
    return withFleet({ vars: { AUTH: "open", RATE_LIMIT: "on", ...limits } }, async (_, fleet): Promise<Outcome> => {
      const [full, ann, ben] = await fleet.connect(["full", "ann", "ben"]);
      if (full === undefined || ann === undefined || ben === undefined) throw new Error("no client connected");
      for (const one of [ann, ben]) fleet.send(one, "full");
      await waitUntil(() => ann.undelivered + ben.undelivered === 0, "the first message did not arrive");
      full.goOffline();
      for (let i = 0; i < 70; i++) fleet.send(ann, "full");
      await waitUntil(() => ann.unanswered === 0, "ann was not answered");
      for (let i = 0; i < 70; i++) fleet.send(ben, "full");
      await waitUntil(() => ben.unanswered === 0, "ben was not answered");
      full.goOnline();
      await waitUntil(() => ann.undelivered + ben.undelivered === 0, "the full mailbox was not emptied");
      for (const one of [ann, ben]) for (let i = 0; i < 20; i++) fleet.send(one, "full");
      const { wrong, history, counts } = await settleAndCheck(fleet);
      const codes = history.events.flatMap((event) =>
        event.is === "notified" && event.state === "failed" ? [event.code] : [],
      );
      const held = codes.length === 20 + 40 && codes.every((code) => code === "mailbox_full");
      return {
        wrong: [
          ...wrong,
          ...(held ? [] : [`${codes.length} failed in place of 60, with ${[...new Set(codes)].join(", ")}`]),
        ],
        observed: `${counts}; ${codes.length} failed with \`${[...new Set(codes)].join(", ")}\`, and were shown to no user; above the rate the SDK waited and sent all the rest; the next ones were accepted`,
      };
    });
  },
};

/** The last reason that each device reported for a lost connection between `from` and `to`. */
function reasons({ events }: Pick<History, "events">, from: number, to: number): Map<string, string> {
  const reported = new Map<string, string>();
  for (const event of events) {
    if (event.is !== "connection" || event.at < from || event.at > to || event.message === undefined) continue;
    reported.set(event.by, event.message);
  }
  return reported;
}

/** Fills the disk to the last block, although the server writes too. */
function fill(disk: string, file: string): void {
  for (let { bavail, bsize } = statfsSync(disk); bavail > 0; { bavail, bsize } = statfsSync(disk)) {
    try {
      appendFileSync(file, Buffer.alloc(bavail * bsize));
    } catch {
      // The server used some of the space meanwhile.
    }
  }
}

/** Plays on a new small file system, which is unmounted then. */
async function onSmallDisk(type: "tmpfs" | "ext4", play: (disk: string) => Promise<Outcome>): Promise<Outcome> {
  const [disk, file] = [makeFolder(), makeFolder()];
  if (!mount(type, disk, join(file, "disk"))) {
    for (const path of [disk, file]) dropFolder(path);
    return { wrong: [], observed: "", skipped: `needs Linux, root, and the right to mount: ${type}` };
  }
  try {
    return await play(disk);
  } finally {
    execFileSync("umount", [disk]);
    for (const path of [disk, file]) dropFolder(path);
  }
}

/** Whether a new file system is mounted; this process may have no right to do so. */
function mount(type: "tmpfs" | "ext4", disk: string, file: string): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    if (type === "tmpfs") quietly("mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "none", disk);
    else {
      quietly("truncate", "-s", String(EXT4_BYTES), file);
      // The default of small file systems.
      quietly("mkfs.ext4", "-q", "-F", "-b", "1024", file);
      quietly("mount", "-o", "loop", file, disk);
    }
    return true;
  } catch {
    return false;
  }
}

function quietly(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: "ignore" });
}
