// One server for one folder of mailboxes, whatever path leads there: a lock of the kernel on a file in it. It ends with the last process
// that holds it, SIGKILL and power cuts included, and counts between containers that share a volume.
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, realpathSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const HELD = 1;

/**
 * Takes the lock. `fd` holds it as long as it is open, here or in a process that it is handed to; null where the program `flock` is missing.
 * Where another server has the lock, `holder` says which.
 */
export function lock(folder) {
  const file = join(folder, ".lock");
  // For appending: whoever has the lock already keeps what it wrote.
  const fd = openSync(file, "a+", 0o600);
  // The lock belongs to the open file, which the program shares with us, so it outlives the program.
  const { status } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  // A version without the lock may be running; and one whose first process was killed goes on.
  const server = servedBy(folder);
  if (server !== null || status === HELD) {
    closeSync(fd);
    return { holder: server ?? readFileSync(file, "utf8") };
  }
  if (status !== 0) return { fd: null };
  ftruncateSync(fd);
  writeSync(fd, String(process.pid));
  return { fd };
}

/** The workerd that serves this folder, or null. Linux only, and it sees no other container. */
function servedBy(folder) {
  const real = realpathSync(folder);
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const config = args.find((arg) => arg.endsWith("config.capnp"));
      if (!program.endsWith("workerd") || config === undefined) continue;
      if (realpathSync(join(dirname(dirname(config)), "mailboxes")) === real) return pid;
    } catch {
      // It ended meanwhile, or it is somebody else's.
    }
  }
  return null;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
