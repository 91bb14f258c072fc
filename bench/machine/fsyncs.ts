// How often processes asked the disk to write: their calls of fsync and fdatasync, by strace. It slows the processes down, so
// nothing that takes time is measured meanwhile.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dropFolder, LONGEST, makeFolder, start, waitForOutput } from "./processes.ts";
import { findTool } from "./tools.ts";

export interface FsyncCount {
  /** Since it began. */
  read(): number;
  stop(): Promise<void>;
}

/** Resolves when it counts. */
export async function countFsyncs(pids: readonly number[]): Promise<FsyncCount> {
  const folder = makeFolder();
  const trace = join(folder, "trace");
  const args = ["-f", "-e", "trace=fsync,fdatasync", "-o", trace, ...pids.flatMap((pid) => ["-p", `${pid}`])];
  const strace = start(findTool("strace"), args, { timeoutMs: LONGEST });
  await waitForOutput(strace, strace.child.stderr, /attached/);
  return {
    // The end of an interrupted call is a line of its own, without a bracket.
    read: () => readFileSync(trace, "utf8").match(/\bf(?:data)?sync\(/g)?.length ?? 0,
    async stop() {
      await strace.stop();
      dropFolder(folder);
    },
  };
}
