// Programs that are not npm's: found, or installed from Debian's packages where we may; otherwise one line says what is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Where each may be, beside PATH; most have the name of their package. Debian's own /usr/sbin/rabbitmq-server would change the user. */
const TOOLS = {
  "redis-server": ["/usr/bin", "/usr/local/bin"],
  "rabbitmq-server": ["/usr/lib/rabbitmq/bin"],
  epmd: ["/usr/bin", "/usr/local/bin"],
  perf: ["/usr/bin"],
  strace: ["/usr/bin"],
  gcc: ["/usr/bin"],
} as const;

const PACKAGES: Partial<Record<keyof typeof TOOLS, string>> = {
  epmd: "erlang-base",
  perf: "linux-perf",
  gcc: "gcc libc6-dev",
};

const installed = new Set<string>();

/** Its path. Throws with a sentence if there is none and none can be installed. */
export function findTool(name: keyof typeof TOOLS): string {
  const { PATH = "" } = process.env;
  const folders = [...TOOLS[name], ...PATH.split(delimiter).filter(Boolean)];
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (path !== undefined) return path;
  const debian = PACKAGES[name] ?? name;
  if (installed.has(debian) || !install(debian)) throw new Error(`${name} is missing: apt-get install ${debian}`);
  installed.add(debian);
  return findTool(name);
}

function install(debian: string): boolean {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false;
  console.error(`Installing with apt-get install ${debian}, because there is none.`);
  // The package would start a service of its own; policy-rc.d is Debian's way to say no, and RUNLEVEL=1 says it for once.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const apt = (...args: string[]) => spawnSync("apt-get", args, { env, timeout: 300_000 }).status === 0;
  return apt("update") && apt("install", "-y", "--no-install-recommends", ...debian.split(" "));
}
