// The file system of the mailboxes is full; and, on another server, mailboxes and senders are at their limits.
import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../../../bench/machine/processes.ts";
import { waitUntil } from "../client-fleet.ts";
import { type Fault, settleAndCheck, userNames, type Outcome, withFleet } from "../fault.ts";
import type { History } from "../history.ts";

/** The size of the small disk. */
const DISK_BYTES = 48_000_000;
/** The longest back-off of a client, and some. */
const REPORT_TIMEOUT_MS = 40_000;

export const fullDisk: Fault = {
  name: "Full disk",
  procedure:
    "the state folder's file system (a small tmpfs) is full while clients send; the server is killed and started again on it; then there is room",
  expectation:
    "nothing is accepted that is not stored, the client stores it and reports that the server can't store; recovers when there is room",
  async play() {
    const disk = smallDisk();
    if (disk === null) return { wrong: [], observed: "", skipped: "needs Linux, root, and the right to mount a tmpfs" };
    try {
      return await withFleet({ state: join(disk, "state") }, async (server, fleet) => {
        const clients = await fleet.connect(userNames(12));
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
      });
    } finally {
      execFileSync("umount", [disk]);
      dropFolder(disk);
    }
  },
};

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

/** The path of a new small file system, or null where this process may not mount one. */
function smallDisk(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  const path = makeFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "none", path], { stdio: "ignore" });
    return path;
  } catch {
    dropFolder(path);
    return null;
  }
}
