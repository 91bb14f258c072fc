// Metrics of the runtime's process and of its disk, in Prometheus' text format: the front adds them to /api/metrics.
// What this system does not say (/proc is Linux's) is left out.
import { opendir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { limitOf, readDisk } from "./disk.ts";

/** Files whose sizes are read a second, and ms between two scans. Answers: a million files that keep the disk busy. */
const FILES_A_SECOND = 2_000;
const SCAN_REST_MS = 60_000;
/** Clock ticks a second in /proc/PID/stat: the same on all systems that V8 runs on. */
const TICKS = 100;

type Metric = readonly [name: string, type: "gauge" | "counter", help: string, value: number | undefined];

/** Files of mailboxes, of the census and of the registry, and their bytes. */
interface Sizes {
  readonly databases: number;
  readonly bytes: number;
  readonly walBytes: number;
}

export class ProcessMetrics {
  readonly #mailboxes: string;
  readonly #minFree: number | null;
  /** Of the last scan; null before the first has ended. */
  #sizes: Sizes | null = null;

  constructor(mailboxes: string, minFree: number | null) {
    this.#mailboxes = mailboxes;
    this.#minFree = minFree;
  }

  /** Scans the files again and again, until `isOver`. */
  async scan(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.#sizes = (await scan(this.#mailboxes, isOver)) ?? this.#sizes;
      await setTimeout(SCAN_REST_MS, undefined, { ref: false });
    }
  }

  /** `startedAt`: when the process started, ms since 1970. */
  async text(pid: number, startedAt: number): Promise<string> {
    const [disk, memory, cpu, open, limit] = await Promise.all([
      readDisk(this.#mailboxes),
      memoryOf(pid),
      cpuOf(pid),
      known(async () => (await readdir(`/proc/${pid}/fd`)).length),
      limitOfFiles(pid),
    ]);
    const sizes = this.#sizes;
    const ofDisk = (bytes: number) => (disk.size > 0 ? bytes : undefined);
    const metrics: Metric[] = [
      ["process_start_time_seconds", "gauge", "When the runtime started, seconds since 1970", startedAt / 1_000],
      ["process_resident_memory_bytes", "gauge", "Resident memory of the runtime", memory],
      ["process_cpu_seconds_total", "counter", "User and system time of the runtime", cpu],
      ["process_open_fds", "gauge", "Open file descriptors of the runtime", open],
      ["process_max_fds", "gauge", "The most file descriptors that it may open", limit],
      ["restante_disk_free_bytes", "gauge", "Free bytes on the file system of the state folder", ofDisk(disk.free)],
      ["restante_disk_size_bytes", "gauge", "Its size", ofDisk(disk.size)],
      [
        "restante_disk_needed_bytes",
        "gauge",
        "While less is free, nothing is served",
        ofDisk(limitOf(disk, this.#minFree)),
      ],
      [
        "restante_disk_free_files",
        "gauge",
        "Files that can still be made there",
        disk.files > 0 ? disk.freeFiles : undefined,
      ],
      ["restante_databases", "gauge", "Databases: mailboxes, and some of the server's own", sizes?.databases],
      ["restante_databases_bytes", "gauge", "Bytes of them", sizes?.bytes],
      ["restante_wal_bytes", "gauge", "Bytes of their write-ahead logs", sizes?.walBytes],
    ];
    return metrics
      .flatMap(([name, type, help, value]) =>
        value === undefined ? [] : [`# HELP ${name} ${help}.\n# TYPE ${name} ${type}\n${name} ${value}\n`],
      )
      .join("");
  }
}

/** Null if it was ended before its end. */
async function scan(mailboxes: string, isOver: () => boolean): Promise<Sizes | null> {
  const [sizes, beganAt] = [{ databases: 0, bytes: 0, walBytes: 0 }, Date.now()];
  let files = 0;
  for (const kind of await readdir(mailboxes, { withFileTypes: true })) {
    if (!kind.isDirectory()) continue;
    const folder = join(mailboxes, kind.name);
    for await (const { name } of await opendir(folder)) {
      const ending = /\.sqlite(-wal)?$/.exec(name);
      if (ending === null) continue;
      // A file may be gone by now.
      const bytes = (await known(async () => (await stat(join(folder, name))).size)) ?? 0;
      if (ending[1] === undefined) {
        sizes.databases++;
        sizes.bytes += bytes;
      } else sizes.walBytes += bytes;
      if (++files % FILES_A_SECOND > 0) continue;
      await setTimeout(Math.max(0, beganAt + (files / FILES_A_SECOND) * 1_000 - Date.now()), undefined, { ref: false });
      if (isOver()) return null;
    }
  }
  return sizes;
}

async function memoryOf(pid: number): Promise<number | undefined> {
  const [, kB] = (await fileOf(pid, "status", /^VmRSS:\s+(\d+) kB$/m)) ?? [];
  return kB === undefined ? undefined : Number(kB) * 1_024;
}

async function cpuOf(pid: number): Promise<number | undefined> {
  // After the name of the program, in parentheses: the 12th and 13th field.
  const [, user, system] = (await fileOf(pid, "stat", /\) (?:\S+ ){11}(\d+) (\d+) /)) ?? [];
  return user === undefined ? undefined : (Number(user) + Number(system)) / TICKS;
}

async function limitOfFiles(pid: number): Promise<number | undefined> {
  const [, files] = (await fileOf(pid, "limits", /^Max open files\s+(\d+)/m)) ?? [];
  return files === undefined ? undefined : Number(files);
}

async function fileOf(pid: number, name: string, pattern: RegExp): Promise<RegExpExecArray | null> {
  const text = await known(() => readFile(`/proc/${pid}/${name}`, "latin1"));
  return text === undefined ? null : pattern.exec(text);
}

async function known<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
