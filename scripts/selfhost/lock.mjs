// One server for each folder of mailboxes, by any path: a kernel lock on a file in it. It ends with the last process
// that holds it, also by SIGKILL or power loss, and works between containers that share a volume.
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, realpathSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const HELD = 1;

/**
 * Takes the lock. `fd` holds it while it is open, here or in a process that inherits it; null if the program `flock` is
 * missing. If another server has the lock, `holder` is its process.
 *
 * @param {string} folder
 * @returns {{ fd?: number | null, holder?: string }}
 */
export function lock(folder) {
  const file = join(folder, ".lock");
  // For appending, so that another holder's text stays.
  const fd = openSync(file, "a+", 0o600);
  // The lock belongs to the open file, which flock shares with this process, so it outlives flock.
  const { status } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  // A server of an older version has no lock, and a server whose first process was killed continues.
  const server = servedBy(folder);
  if (server !== null || status === HELD) {
    closeSync(fd);
    return { holder: server ?? readFileSync(file, "utf8") };
  }
  if (status !== 0) return { fd: null };
  try {
    ftruncateSync(fd);
    writeSync(fd, String(process.pid));
  } catch {
    // On a full disk the lock holds all the same; the number is for people.
  }
  return { fd };
}

/** The workerd that serves this folder, or null. Linux only, and it sees no other container. */
function servedBy(folder) {
  const real = realpathSync(folder);
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (!program.endsWith("workerd")) continue;
      const served = args.flatMap(mailboxesOf);
      if (served.some((path) => realpathSync(path) === real)) return pid;
    } catch {
      // It has ended, or belongs to another user.
    }
  }
  return null;
}

/** What an argument of workerd says about the folder of mailboxes. Versions to 0.3 had `DIR/server/config.capnp`. */
function mailboxesOf(arg) {
  const [, path] = /^--directory-path=mailboxes=(.+)$/s.exec(arg) ?? [];
  if (path !== undefined) return [path];
  return arg.endsWith("/server/config.capnp") ? [join(dirname(dirname(arg)), "mailboxes")] : [];
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
