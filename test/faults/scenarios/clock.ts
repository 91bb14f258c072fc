// The server's clock jumps back and forth by an hour, under load and over restarts. A library in C (clock.c) shifts
// workerd's clock.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import { type Fault, settleAndCheck, userNames, withFleet } from "../fault.ts";

const HOUR = 3_600;
const JUMPS = [HOUR, -HOUR, 0, -HOUR, HOUR, 0];

export const clock: Fault = {
  name: "Clock",
  procedure:
    "the server's clock jumps back and forth by an hour while clients send and reconnect; at every other jump the server is killed too",
  expectation: "order and cursors unharmed",
  async play(scale) {
    const folder = makeFolder();
    const library = compile(folder);
    if (library === null)
      return { wrong: [], observed: "", skipped: "needs Linux and a C compiler: apt-get install gcc libc6-dev" };
    const file = join(folder, "clock");
    const jump = (seconds: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(seconds));
      // Overwritten in place, because the server maps this file into its memory.
      writeFileSync(file, bytes, { flag: "a+" });
      writeFileSync(file, bytes, { flag: "r+" });
    };
    jump(0);
    const env = { LD_PRELOAD: library, CLOCK_FILE: file };
    const random = new Random(5);
    try {
      return await withFleet({ env }, async (server, fleet) => {
        const clients = await fleet.connect(userNames(scale === "whole" ? 40 : 12));
        for (const [i, client] of clients.entries()) fleet.every(300, () => fleet.send(client, `u${i ^ 1}`));
        await fleet.untilSent(3 * clients.length);
        for (const [i, seconds] of JUMPS.entries()) {
          const offline = clients.filter(() => random.chance(0.2));
          for (const client of offline) client.goOffline(random.chance(0.5));
          jump(seconds);
          if (i % 2 === 1) {
            await server.kill();
            await server.restart();
          }
          await fleet.untilSent(5 * clients.length);
          for (const client of offline) client.goOnline();
          await fleet.untilSent((scale === "whole" ? 8 : 3) * clients.length);
        }
        const { wrong, counts } = await settleAndCheck(fleet);
        return { wrong, observed: `${JUMPS.length} jumps, ${JUMPS.length / 2} of them with a restart; ${counts}` };
      });
    } finally {
      dropFolder(folder);
    }
  },
};

/** The path of the library that shifts the clock, or null where it can't be built. */
function compile(folder: string): string | null {
  if (process.platform !== "linux") return null;
  const library = join(folder, "clock.so");
  const source = join(import.meta.dirname, "../clock.c");
  try {
    execFileSync(process.env["CC"] ?? "cc", ["-shared", "-fPIC", "-O2", "-o", library, source], { stdio: "pipe" });
    return library;
  } catch {
    return null;
  }
}
