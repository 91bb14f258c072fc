// A Redis of our own: on a free loopback port, in a folder that goes with it; the package's own service is not touched.
import { dropFolder, waitForOutput, LONGEST, makeFolder, start } from "../machine/processes.ts";
import { checkDisk, diskEnvironment } from "../machine/slow-disk.ts";
import { freePorts } from "../machine/ports.ts";
import { findTool } from "../machine/tools.ts";
import type { Broker } from "./node.ts";

/** What it keeps on disk: nothing, as a message bus; or everything, with an fsync before each answer. */
const KEEPS = {
  nothing: ["--appendonly", "no"],
  everything: ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"],
} as const;

export async function startRedis(keeps: keyof typeof KEEPS): Promise<Broker> {
  const program = findTool("redis-server");
  const [port = 0] = await freePorts(1);
  const folder = makeFolder();
  const args = ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", "", ...KEEPS[keeps]];
  const redis = start(program, args, { env: diskEnvironment(), timeoutMs: LONGEST });
  await waitForOutput(redis, redis.child.stdout, /Ready to accept connections/);
  checkDisk(redis.child.pid ?? 0);
  return {
    url: `redis://127.0.0.1:${port}`,
    pids: [redis.child.pid ?? 0],
    async stop() {
      await redis.stop();
      dropFolder(folder);
    },
  };
}
