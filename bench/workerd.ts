// One Worker in a bare workerd: no wrangler beside it, SQLite on disk in a folder that goes with it, a port that the system chooses.
// It knows nothing of what the Worker does.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { dropFolder, makeFolder, start, type Started } from "./processes.ts";

export interface Served {
  /** `ws://127.0.0.1:PORT`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A Worker as its configuration has it: the text of its module, its variables, its objects' bindings and classes. */
export interface Worker {
  readonly text: string;
  readonly date: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
}

export const WORKERD = join(import.meta.dirname, "../node_modules/.bin/workerd");

/** No server runs longer than this, ms, whatever happens to us. */
const LONGEST = 120_000;

export async function serve(worker: Worker): Promise<Served> {
  const folder = makeFolder();
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "worker.js"), worker.text);
  writeFileSync(join(folder, "config.capnp"), configOf(worker));
  // The log of events goes nowhere. Descriptor 3 is where workerd says which port it got.
  const stdio = ["ignore", "ignore", "pipe", "pipe"] as const;
  const args = ["serve", "--control-fd=3", "config.capnp"];
  const started = start(WORKERD, args, { cwd: folder, patience: LONGEST, stdio: [...stdio] });
  const port = await portOf(started);
  return {
    url: `ws://127.0.0.1:${port}`,
    async stop() {
      await started.stop();
      dropFolder(folder);
    },
  };
}

async function portOf({ child, output }: Started): Promise<number> {
  const control = child.stdio[3] as Readable;
  const listening = new Promise<number>((done) => {
    let text = "";
    control.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const port = /"port":(\d+)/.exec(text)?.[1];
      if (port !== undefined) done(Number(port));
    });
  });
  const ended = output.then(() => Promise.reject(new Error("workerd ended before it listened")));
  return Promise.race([listening, ended]);
}

function configOf({ date, vars, objects }: Worker): string {
  const bindings = [
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = "${text}")`),
    ...objects.map(({ binding, className }) => `(name = "${binding}", durableObjectNamespace = "${className}")`),
  ];
  const classes = objects.map(({ className }) => {
    return `(className = "${className}", uniqueKey = "bench-${className}", enableSql = true)`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = "state", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${date}",
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
