// One Worker in a bare workerd: no wrangler beside it, SQLite on disk in a folder that goes with it, a port that the system chooses.
// It knows nothing of what the Worker does.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { dropFolder, waitForOutput, LONGEST, makeFolder, start } from "../machine/processes.ts";
import { checkDisk, diskEnvironment } from "../machine/slow-disk.ts";
import { V8 } from "../../scripts/selfhost/config.ts";
import type { Served } from "./peer.ts";

/** A Worker as its configuration has it: the text of its module, its variables, its objects' bindings and classes. */
export interface Worker {
  readonly text: string;
  /** Further modules that it may import, by name. */
  readonly modules?: Readonly<Record<string, string>>;
  readonly date: string;
  readonly flags: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
}

/** What V8 is told beyond what it is told where Restante is served. */
export const MORE_V8: string[] = [];

export const WORKERD = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** On `fronts` ports: the first one is the Worker itself, the others are the same Worker without objects of its own. */
export async function serve(worker: Worker, fronts = 1): Promise<Served> {
  const folder = makeFolder();
  mkdirSync(join(folder, "state"));
  for (const [name, text] of modulesOf(worker)) writeFileSync(join(folder, `${name}.js`), text);
  writeFileSync(join(folder, "config.capnp"), configOf(worker, fronts));
  // The log of events goes nowhere. Descriptor 3 is where workerd says which ports it got, one after the other.
  const stdio = ["ignore", "ignore", "pipe", "pipe"] as const;
  const args = ["serve", "--control-fd=3", "config.capnp"];
  const started = start(WORKERD, args, {
    cwd: folder,
    env: diskEnvironment(),
    timeoutMs: LONGEST,
    stdio: [...stdio],
  });
  const all = new RegExp(Array.from({ length: fronts }, () => String.raw`"port":(\d+)`).join(String.raw`[\s\S]*?`));
  const ports = await waitForOutput(started, started.child.stdio[3] as Readable, all);
  checkDisk(started.child.pid ?? 0);
  return {
    urls: ports.slice(1).map((port) => `ws://127.0.0.1:${port}`),
    pids: [started.child.pid ?? 0],
    async stop() {
      await started.stop();
      dropFolder(folder);
    },
  };
}

function modulesOf({ text, modules = {} }: Worker): (readonly [name: string, text: string])[] {
  return [["worker", text], ...Object.entries(modules)];
}

function configOf(worker: Worker, fronts: number): string {
  const { date, flags, vars, objects } = worker;
  const all = Array.from({ length: fronts }, (_, i) => i);
  const bindings = (service: string) => [
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = "${text}")`),
    ...objects.map(({ binding, className }) => {
      return `(name = "${binding}", durableObjectNamespace = (className = "${className}"${service}))`;
    }),
  ];
  const classes = objects.map(({ className }) => {
    return `(className = "${className}", uniqueKey = "bench-${className}", enableSql = true)`;
  });
  const modules = modulesOf(worker).map(([name]) => `(name = "${name}.js", esModule = embed "${name}.js")`);
  const module = `modules = [${modules.join(", ")}], compatibilityDate = "${date}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}]`;
  const front = (i: number) => `const front${i} :Workerd.Worker = (
  ${module},
  bindings = [${bindings(', serviceName = "front0"').join(", ")}],
);
`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${[...V8, ...MORE_V8].map((flag) => `"${flag}"`).join(", ")}],
  services = [
    ${all.map((i) => `(name = "front${i}", worker = .front${i})`).join(",\n    ")},
    (name = "disk", disk = (path = "state", writable = true)),
  ],
  sockets = [
    ${all.map((i) => `(name = "http${i}", address = "127.0.0.1:0", http = (), service = "front${i}")`).join(",\n    ")},
  ],
);
const front0 :Workerd.Worker = (
  ${module},
  bindings = [${bindings("").join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "disk"),
);
${all.slice(1).map(front).join("")}`;
}
