// A real server: the Worker in bare workerd, in its own process, with its mailboxes in a folder. It can be killed,
// restarted on the same port, given other code, restored to a copy, and put on a small disk. It knows no client.
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { dropFolder, waitForOutput, makeFolder, start, type Started } from "../../bench/machine/processes.ts";
import buildSelfHosted from "../support/build-server.ts";
import { BUILT } from "../support/servers.ts";
import { type WorkerCode, builtWorker } from "./bundle.ts";

const WORKERD = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** A server is stopped after this time, even if its starter has ended. */
const MAX_RUNTIME_MS = 1_200_000;

/** Any client may open any mailbox, without a rate limit. */
const OPEN = { AUTH: "open", RATE_LIMIT: "off" };

export interface ServerOptions {
  readonly code?: WorkerCode;
  readonly vars?: Readonly<Record<string, string>>;
  /** Where the mailboxes are; by default a folder of its own. */
  readonly state?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Serves with the program of `npm run selfhost`, which watches the disk, in place of bare workerd. */
  readonly isSelfHosted?: boolean;
}

export class Server {
  readonly #folder = makeFolder();
  readonly #vars: Readonly<Record<string, string>>;
  readonly #env: Readonly<Record<string, string>>;
  readonly #isSelfHosted: boolean;
  #code: WorkerCode;
  #started: Started | null = null;
  #port = 0;
  readonly state: string;

  private constructor({ vars = OPEN, state, env = {}, isSelfHosted = false }: ServerOptions, code: WorkerCode) {
    this.#isSelfHosted = isSelfHosted;
    this.#code = code;
    this.#vars = vars;
    this.#env = env;
    this.state = state ?? join(this.#folder, "state");
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    if (options.isSelfHosted === true) await buildSelfHosted();
    const server = new Server(options, options.code ?? (await builtWorker()));
    mkdirSync(server.state, { recursive: true });
    await server.restart();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:PORT`, the same after a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The process id of the current server. */
  get pid(): number {
    return this.#started?.child.pid ?? 0;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.#started?.stop();
    this.#started = null;
  }

  /** Serves again on the same port and the same disk, with other code if some is given. */
  async restart(code: WorkerCode = this.#code): Promise<void> {
    await this.kill();
    this.#code = code;
    const log = openSync(this.#log, "a");
    const started = this.#isSelfHosted ? this.#startProgram(log) : this.#startRuntime(log);
    closeSync(log);
    this.#started = started;
    try {
      // workerd writes its port to descriptor 3; the program prints it, also where the disk is full.
      const [, port] = this.#isSelfHosted
        ? await waitForOutput(started, started.child.stdout, /(?:Ready on \S+:|"port":)(\d+)/)
        : await waitForOutput(started, started.child.stdio[3] as Readable, /"port":(\d+)/);
      this.#port = Number(port);
    } catch (error) {
      throw new Error(this.output.slice(-2_000), { cause: error });
    }
  }

  #startRuntime(log: number): Started {
    for (const { name, text } of this.#code.modules) writeFileSync(join(this.#folder, name), text);
    writeFileSync(join(this.#folder, "config.capnp"), configOf(this.#code, this.#vars, this.state, this.#port));
    return start(WORKERD, ["serve", "--control-fd=3", "config.capnp"], {
      cwd: this.#folder,
      env: { ...process.env, ...this.#env },
      timeoutMs: MAX_RUNTIME_MS,
      stdio: ["ignore", log, log, "pipe"],
    });
  }

  #startProgram(log: number): Started {
    const vars = Object.entries(this.#vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
    const args = [join(BUILT, "restante.mjs"), "serve", "--port", String(this.#port), "--state", this.state, ...vars];
    const started = start(process.execPath, args, {
      env: { ...process.env, ...this.#env },
      timeoutMs: MAX_RUNTIME_MS,
      stdio: ["ignore", "pipe", log],
    });
    started.child.stdout?.on("data", (text: Buffer) => appendFileSync(this.#log, text));
    return started;
  }

  /** Copies the mailboxes; a running server is suspended meanwhile. Returns the folder. */
  copy(): string {
    const path = makeFolder();
    if (this.#started !== null) process.kill(this.pid, "SIGSTOP");
    cpSync(this.state, path, { recursive: true });
    if (this.#started !== null) process.kill(this.pid, "SIGCONT");
    return path;
  }

  /** Replaces the mailboxes, or one of them, by a copy. The server must not run. */
  restore(copy: string, file?: string): void {
    if (file === undefined) {
      rmSync(this.state, { recursive: true });
      cpSync(copy, this.state, { recursive: true });
      return;
    }
    for (const suffix of ["", "-wal", "-shm"]) {
      const [from, to] = [join(copy, file + suffix), join(this.state, file + suffix)];
      rmSync(to, { force: true });
      if (existsSync(from)) cpSync(from, to);
    }
  }

  /** Everything that the server printed. */
  get output(): string {
    return readFileSync(this.#log, "utf8");
  }

  /** Bytes of resident memory. Linux only. */
  memory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "latin1");
    return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }

  /** Open files and sockets. Linux only. */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async stop(): Promise<void> {
    await this.kill();
    dropFolder(this.#folder);
  }

  get #log(): string {
    return join(this.#folder, "output");
  }
}

function configOf(
  { modules, date, flags }: WorkerCode,
  vars: Readonly<Record<string, string>>,
  state: string,
  port: number,
): string {
  const bindings = [
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = "${text}")`),
    ...["Mailbox", "Census"].map((name) => `(name = "${name.toUpperCase()}", durableObjectNamespace = "${name}")`),
  ];
  const files = modules.map(({ name }) => `(name = "${name}", esModule = embed "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = "${state}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${files.join(", ")}],
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [
    (className = "Mailbox", uniqueKey = "faults-mailbox", enableSql = true),
    (className = "Census", uniqueKey = "faults-census", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
