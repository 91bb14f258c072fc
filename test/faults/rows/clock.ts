// The server's clock jumps back and forth by an hour, under talk and over a restart. A few lines of C stand between workerd and the clock.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../../../bench/machine/processes.ts";
import { Random } from "../../chaos/random.ts";
import { type Fault, judge, names, pause, withCrowd } from "../fault.ts";

const HOUR = 3_600;
const JUMPS = [HOUR, -HOUR, 0, -HOUR, HOUR, 0];

export const clock: Fault = {
  name: "Clock",
  how: "the server's clock jumps back and forth by an hour while clients send and reconnect; at every other jump the server is killed too",
  hold: "order and cursors unharmed",
  async play(scale) {
    const folder = makeFolder();
    const library = compile(folder);
    if (library === null)
      return { wrong: [], seen: "", skipped: "needs Linux and a C compiler: apt-get install gcc libc6-dev" };
    const file = join(folder, "clock");
    const jump = (seconds: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(seconds));
      // In its place, where the server looks.
      writeFileSync(file, bytes, { flag: "a+" });
      writeFileSync(file, bytes, { flag: "r+" });
    };
    jump(0);
    const env = { LD_PRELOAD: library, CLOCK_FILE: file };
    const random = new Random(5);
    try {
      return await withCrowd({ env }, async (server, crowd) => {
        const people = await crowd.enter(names(scale === "whole" ? 40 : 12));
        for (const [i, person] of people.entries()) crowd.every(300, () => crowd.send(person, `u${i ^ 1}`));
        await pause(1_000);
        for (const [i, seconds] of JUMPS.entries()) {
          const away = people.filter(() => random.chance(0.2));
          for (const person of away) person.leave(random.chance(0.5));
          jump(seconds);
          if (i % 2 === 1) {
            await server.kill();
            await server.restart();
          }
          await pause(1_500);
          for (const person of away) person.comeBack();
          await pause(scale === "whole" ? 2_500 : 1_000);
        }
        const { wrong, counts } = await judge(crowd);
        return { wrong, seen: `${JUMPS.length} jumps, ${JUMPS.length / 2} of them with a restart; ${counts}` };
      });
    } finally {
      dropFolder(folder);
    }
  },
};

/** The library that shifts the clock, or null where it can't be made. */
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
