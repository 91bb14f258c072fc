// Real servers for stories: processes of workerd or `wrangler dev` on loopback ports, each with its own state folder.
// Each runs in its own process group, which is killed by its id when the test process ends.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

export interface Server {
  /** `http://127.0.0.1:PORT`, the same after a restart. */
  readonly url: string;
  /** The state folder with the mailboxes. */
  readonly folder: string;
  /** Everything that the server has printed. */
  readonly output: string;
  /** Bytes of resident memory of its runtime. Linux only. */
  memory(): number;
  /** Ends it with SIGTERM, waits for its end, and removes the state folder. */
  stop(): Promise<void>;
  /** Sends SIGTERM to its first process alone, as a service manager does; resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** Sends SIGKILL to the whole process group. */
  kill(): Promise<void>;
  /** Starts it again on the same port and the same disk. */
  restart(): Promise<void>;
}

/** The server folder that test/support/build-server.ts makes. */
export const BUILT = join(ROOT, "node_modules/.cache/restante-server");

const groups = new Set<number>();
process.on("exit", () => {
  for (const pid of groups) signal(pid, "SIGKILL");
});

/** Any client may open any mailbox without a rate limit, because most stories do not test access. */
export const OPEN = { AUTH: "open", RATE_LIMIT: "off" };

const CONFIG = ["--config", join(ROOT, "wrangler.toml")];

const flagsOf = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);

/** One server with the whole Worker, in bare workerd, of the folder that was built before all tests. */
export async function startServer(
  variables: Readonly<Record<string, string>> = OPEN,
  more: readonly string[] = [],
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "restante-"));
  const command = (port: string) => [join(BUILT, "restante.mjs"), "serve", "--port", port, "--state", folder];
  return launch(folder, [...flagsOf(variables), ...more], {}, undefined, command);
}

/** A server that holds the mailboxes, and `count` front servers that call it: all of them separate processes. */
export async function startFronts(count: number): Promise<{ mailboxes: Server; fronts: Server[] }> {
  const registry = mkdtempSync(join(tmpdir(), "restante-registry-"));
  const env = { WRANGLER_REGISTRY_PATH: registry };
  const folder = mkdtempSync(join(tmpdir(), "restante-"));
  const entry = (name: string) => () => rmSync(join(registry, name), { force: true });
  const mailboxes = await launch(folder, [...CONFIG, ...flagsOf(OPEN)], env, entry("restante"));
  const fronts = [];
  for (let i = 1; i <= count; i++) {
    const own = mkdtempSync(join(tmpdir(), `restante-front-${i}-`));
    writeFileSync(join(own, "wrangler.toml"), frontConfig(i));
    fronts.push(await launch(own, ["--config", join(own, "wrangler.toml")], env, entry(`front-${i}`)));
  }
  return { mailboxes, fronts };
}

/** A server started by `npm start`. */
export async function startLocal(variables: Readonly<Record<string, string>> = OPEN): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "restante-local-"));
  const quiet = ["--ip", "127.0.0.1", "--inspector-port", "0", "--persist-to", folder];
  const command = (port: string) => [join(ROOT, "scripts/run.mjs"), "start", "--port", port, ...quiet];
  return launch(folder, flagsOf(variables), {}, undefined, command);
}

/** Another Worker of one file; `more`: lines of its configuration beside that. */
export async function startWorker(main: string, more = ""): Promise<Server> {
  const own = mkdtempSync(join(tmpdir(), "restante-worker-"));
  const config = `name = "other"\nmain = "${resolve(ROOT, main)}"\ncompatibility_date = "2026-10-23"\n${more}`;
  writeFileSync(join(own, "wrangler.toml"), config);
  return launch(own, ["--config", join(own, "wrangler.toml")]);
}

function frontConfig(i: number): string {
  return `name = "front-${i}"
main = "${join(ROOT, "src/worker.ts")}"
compatibility_date = "2026-10-23"
vars = { AUTH = "open", RATE_LIMIT = "off" }
durable_objects.bindings = [
  { name = "MAILBOX", class_name = "Mailbox", script_name = "restante" },
  { name = "CENSUS", class_name = "Census", script_name = "restante" },
  { name = "REGISTRY", class_name = "Registry", script_name = "restante" },
]
`;
}

/**
 * `forget` removes the registry entry of a killed process: while the entry looks fresh, its successor does not register
 * (seen with wrangler 4.155).
 */
async function launch(
  folder: string,
  flags: string[],
  env: Record<string, string> = {},
  forget: () => void = () => undefined,
  command: (port: string, folder: string) => string[] = wranglerDev,
): Promise<Server> {
  let port = "0";
  let output = "";
  let child: ChildProcess | null = null;
  const start = async () => {
    child = spawn(process.execPath, [...command(port, folder), ...flags], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        X_LOCAL_OBSERVABILITY: "false",
        X_LOCAL_EXPLORER: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_WRITE_LOGS: "false",
        NO_COLOR: "1",
        ...env,
      },
    });
    if (child.pid !== undefined) groups.add(child.pid);
    port = await ready(child, (text) => (output += text));
  };
  const end = async (how: NodeJS.Signals) => {
    if (child === null) return;
    const { pid } = child;
    const gone = child.exitCode !== null || child.signalCode !== null;
    const ended = gone ? Promise.resolve() : new Promise((done) => child?.once("exit", done));
    if (pid !== undefined) signal(pid, how);
    await ended;
    if (pid !== undefined) {
      // The rest of its group: while the runtime lives, it may write.
      do signal(pid, "SIGKILL");
      while (await isAnyAlive(pid));
      groups.delete(pid);
    }
    forget();
    child = null;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    get output() {
      return output;
    },
    memory: () => memoryOf(child?.pid ?? 0),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
    async terminate() {
      const ended = new Promise<number | null>((done) => child?.once("exit", done));
      child?.kill("SIGTERM");
      return ended;
    },
    kill: () => end("SIGKILL"),
    restart: start,
  };
}

function wranglerDev(port: string, folder: string): string[] {
  const quiet = ["--ip", "127.0.0.1", "--inspector-port", "0"];
  return [WRANGLER, "dev", ...quiet, "--port", port, "--persist-to", folder];
}

/** Resolves with the port once the server is ready. */
function ready(child: ChildProcess, print: (text: string) => void): Promise<string> {
  return new Promise((done, fail) => {
    let seen = "";
    const read = (chunk: Buffer) => {
      print(chunk.toString());
      seen += chunk.toString();
      // Or its disk is full: then it answers without a runtime.
      const port = /(?:Ready on http:\/\/[^:\s]+:|"event":"disk_full".*"port":)(\d+)/.exec(seen)?.[1];
      if (port !== undefined) done(port);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => fail(new Error(`the server ended with ${code} before it was ready:\n${seen}`)));
  });
}

/** Whether a process of the group is there, except those that only wait to be collected. Linux only. */
async function isAnyAlive(group: number): Promise<boolean> {
  await new Promise((done) => setImmediate(done));
  return statesOf(group).some(({ state }) => state !== "Z" && state !== "X");
}

/** The processes of a group, from Linux's /proc. */
function statesOf(group: number): { pid: string; name: string; state: string }[] {
  const found = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name = "", rest = ""] = /\((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
      const [state = "", , inGroup] = rest.split(" ");
      if (Number(inGroup) === group) found.push({ pid, name, state });
    } catch {
      // The process has ended meanwhile.
    }
  }
  return found;
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(-pid, how);
  } catch {
    // It has ended already.
  }
}

/** Resident bytes of the workerd processes of a process group, from Linux's /proc. */
function memoryOf(group: number): number {
  let bytes = 0;
  for (const { pid, name } of statesOf(group)) {
    if (name !== "workerd") continue;
    try {
      bytes += 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
    } catch {
      // The process has ended meanwhile.
    }
  }
  return bytes;
}
