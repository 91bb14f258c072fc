// Where, when and with what: without it no figure means anything.
import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { cpus, release, totalmem, type as system } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder } from "../machine/processes.ts";
import { SLOW_DISK } from "../machine/slow-disk.ts";
import { WORKERD } from "../peers/workerd.ts";
import { median } from "./medians.ts";
import { CALM, type Seen } from "./seen.ts";
import { wrapped } from "./words.ts";

const PACKAGES = [
  "ws",
  "redis",
  "amqplib",
  "socket.io",
  "@socket.io/redis-adapter",
  "@socket.io/redis-streams-adapter",
];

export function circumstances(seen: Seen, seconds: number, command: string): string {
  const others = seen.all("others");
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const packages = PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(", ");
  const slower = SLOW_DISK.fsyncMs > 0 ? `, delayed by ${SLOW_DISK.fsyncMs} ms more` : "";
  const lines = [
    `- ${cores[0]?.model ?? "unknown CPU"}, ${cores.length} cores, ${memory} GiB; ${system()} ${release()}`,
    `- An fsync of 4 kB on the disk of the mailboxes: ${fsyncTime().toFixed(2)} ms (median of 200)${slower}; a message needs at least two of them in a row here`,
    `- ${said(WORKERD, "--version")}, Node.js ${process.versions.node}, ${packages}`,
    `- ${redisVersion()}, RabbitMQ ${rabbitmqVersion()}`,
    `- ${new Date().toISOString().slice(0, 10)}, \`${command}\`: ${seconds} s each; medians over the number of rounds: ${seen.rounds}`,
  ];
  if (others.length > 0) {
    const [usual, most] = [median(others), Math.max(...others)].map((n) => n.toFixed(2));
    lines.push(
      `- Other processes of the machine used ${usual} cores meanwhile (median), ${most} at most; ${seen.leftOut} runs of ${seen.taken} are left out because it was more than ${CALM}`,
    );
  }
  return `${lines.map(wrapped).join("\n")}\n`;
}

/** Every commit waits for one of these. */
function fsyncTime(): number {
  const folder = makeFolder();
  const file = openSync(join(folder, "file"), "w");
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    writeSync(file, Buffer.alloc(4_096));
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  dropFolder(folder);
  return median(times);
}

function versionOf(name: string): string {
  const path = join(import.meta.dirname, "../../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

function redisVersion(): string {
  return `Redis ${/v=([\d.]+)/.exec(said("redis-server", "--version"))?.[1] ?? "not installed"}`;
}

/** Asked of the package: its own tool would start a daemon that stays. */
function rabbitmqVersion(): string {
  return said("dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server") || "not installed";
}

function said(program: string, ...args: string[]): string {
  const { stdout, error } = spawnSync(program, args, { encoding: "utf8", timeout: 10_000 });
  return error === undefined ? stdout.trim() : "";
}
