// The file system under the mailboxes is full; and, on another server, mailboxes and senders are at their limits.
import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../../../bench/machine/processes.ts";
import { until } from "../crowd.ts";
import { type Fault, judge, names, type Outcome, pause, withCrowd } from "../fault.ts";
import type { History } from "../history.ts";

/** Bytes of the small disk. */
const DISK = 48_000_000;

export const fullDisk: Fault = {
  name: "Full disk",
  how: "the state folder's file system (a small tmpfs) is full while clients send; the server is killed and started again on it; then there is room",
  hold: "nothing is accepted that is not stored, the client stores it and reports that the server can't store; recovers when there is room",
  async play() {
    const disk = smallDisk();
    if (disk === null) return { wrong: [], seen: "", skipped: "needs Linux, root, and the right to mount a tmpfs" };
    try {
      return await withCrowd({ state: join(disk, "state") }, async (server, crowd) => {
        const people = await crowd.enter(names(12));
        for (const [i, person] of people.entries()) crowd.every(200, () => crowd.send(person, `u${i ^ 1}`));
        await pause(1_500);
        const ballast = join(disk, "ballast");
        fill(disk, ballast);
        const from = crowd.recorder.now;
        await pause(4_000);
        await server.kill();
        await server.restart();
        await pause(3_000);
        const to = crowd.recorder.now;
        rmSync(ballast);
        await pause(1_000);
        const { wrong, history, counts } = await judge(crowd);
        const said = reasons(history, from, to);
        const silent = people.filter(({ who }) => !said.has(who)).length;
        return {
          wrong: [
            ...wrong,
            ...(said.size === 0 ? ["the disk was never full enough to be noticed"] : []),
            ...(silent > 0 && said.size > 0
              ? [`${silent} of ${people.length} clients were not told that the server can't store`]
              : []),
          ],
          seen: `${counts}; clients reported: “${[...new Set(said.values())].join("”, “")}”`,
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
  how: "senders above their rate, and a mailbox at its limit of unseen messages (50 of one author, 80 of all) while its user is away",
  hold: "refusals and failures with a reason; nothing accepted is lost; continues when there is room",
  async play() {
    const limits = { SEND_BURST: "40", SENDS_PER_SECOND: "40", BACKLOG_PER_CORRESPONDENT: "50", BACKLOG: "80" };
    return withCrowd({ vars: { AUTH: "open", RATE_LIMIT: "on", ...limits } }, async (_, crowd): Promise<Outcome> => {
      const [full, ann, ben] = await crowd.enter(["full", "ann", "ben"]);
      if (full === undefined || ann === undefined || ben === undefined) throw new Error("nobody came");
      for (const one of [ann, ben]) crowd.send(one, "full");
      await until(() => ann.waiting + ben.waiting === 0, "the first message did not arrive");
      full.leave();
      for (let i = 0; i < 70; i++) crowd.send(ann, "full");
      await until(() => ann.unanswered === 0, "ann was not answered");
      for (let i = 0; i < 70; i++) crowd.send(ben, "full");
      await until(() => ben.unanswered === 0, "ben was not answered");
      full.comeBack();
      await crowd.allOnline();
      await pause(1_000);
      for (const one of [ann, ben]) for (let i = 0; i < 20; i++) crowd.send(one, "full");
      const { wrong, history, counts } = await judge(crowd);
      const codes = history.events.flatMap((event) =>
        event.is === "told" && event.state === "failed" ? [event.code] : [],
      );
      const held = codes.length === 20 + 40 && codes.every((code) => code === "mailbox_full");
      return {
        wrong: [
          ...wrong,
          ...(held ? [] : [`${codes.length} failed in place of 60, with ${[...new Set(codes)].join(", ")}`]),
        ],
        seen: `${counts}; ${codes.length} failed with \`${[...new Set(codes)].join(", ")}\`, and were shown to nobody; above the rate the SDK waited and sent all the rest; the next ones were accepted`,
      };
    });
  },
};

/** What each device said of its connection between two moments, where it said why. */
function reasons({ events }: History, from: number, to: number): Map<string, string> {
  const said = new Map<string, string>();
  for (const event of events) {
    if (event.is !== "line" || event.at < from || event.at > to || event.message === undefined) continue;
    said.set(event.by, event.message);
  }
  return said;
}

/** Takes what is left, to the last block, though others write too. */
function fill(disk: string, file: string): void {
  for (let { bavail, bsize } = statfsSync(disk); bavail > 0; { bavail, bsize } = statfsSync(disk)) {
    try {
      appendFileSync(file, Buffer.alloc(bavail * bsize));
    } catch {
      // Somebody else took some of it.
    }
  }
}

/** A file system of its own, or null where we may not make one. */
function smallDisk(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  const path = makeFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK}`, "none", path], { stdio: "ignore" });
    return path;
  } catch {
    dropFolder(path);
    return null;
  }
}
