// What processes used so far, read from /proc: CPU, memory, open files. Linux only.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Clock ticks a second, as /proc counts CPU: 100 on every Linux of today. */
const TICKS = 100;

export interface Usage {
  /** Seconds, in user and kernel mode. */
  readonly cpu: number;
  /** Bytes that are resident: now, and the most since the start or `resetPeak`. */
  readonly memory: number;
  readonly peak: number;
  readonly files: number;
}

/** Of these processes and all that they started, together. */
export function usageOf(roots: readonly number[]): Usage {
  const all = treeOf(roots).map(usageOfOne);
  const sum = (of: (usage: Usage) => number) => all.reduce((total, usage) => total + of(usage), 0);
  return { cpu: sum((u) => u.cpu), memory: sum((u) => u.memory), peak: sum((u) => u.peak), files: sum((u) => u.files) };
}

/** Seconds that all processors of the machine were busy since it started. */
export function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    readFileSync("/proc/stat", "latin1").split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

export function resetPeak(roots: readonly number[]): void {
  for (const pid of treeOf(roots)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function usageOfOne(pid: number): Usage {
  const [user = 0, system = 0] = fieldsOf(pid).slice(11, 13).map(Number);
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1_024;
  const files = readdirSync(`/proc/${pid}/fd`).length;
  return { cpu: (user + system) / TICKS, memory: bytes("VmRSS"), peak: bytes("VmHWM"), files };
}

function treeOf(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [...roots];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function parentOf(pid: number): number | null {
  try {
    return Number(fieldsOf(pid)[1]);
  } catch {
    return null; // Ended meanwhile.
  }
}

/** Those of /proc/PID/stat after the name, the state being the first. */
function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
