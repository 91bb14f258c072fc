// The program of a server folder, bundled into restante.mjs: what an operator runs where nothing but the folder is.
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWithParent } from "../child.mjs";
import { SERVE_FLAGS } from "./help.mjs";
import { readManifest } from "./manifest.mjs";
import { serve } from "./serve.ts";

const help = (command: string) => `${command} serve [flags]

  Serves this folder from this machine in bare workerd. Ctrl-C stops it; a crash loses nothing that was accepted. A
  state folder has one server at a time.
${SERVE_FLAGS}

${command} version

  Prints the version.

Exit codes: 0 done; 1 a problem with the state folder; 2 wrong flags or variables.`;

const OPTIONS = {
  port: { type: "string", default: "8787" },
  ip: { type: "string", default: "127.0.0.1" },
  state: { type: "string", default: "restante" },
  var: { type: "string", multiple: true, default: [] as string[] },
  env: { type: "string", multiple: true, default: [] as string[] },
  "env-file": { type: "string", multiple: true, default: [] as string[] },
  "env-all": { type: "boolean", default: false },
  "behind-proxy": { type: "boolean", default: false },
  "min-free": { type: "string" },
  drain: { type: "string", default: "8" },
  check: { type: "boolean", default: false },
} as const;

/** Runs a verb; returns the exit code. `folder` has the server, and `command` is how the user called this. */
export async function main(folder: string, [verb = "help", ...args]: string[], command = "restante"): Promise<number> {
  if (verb === "version") {
    console.log(readManifest(folder)?.version);
    return 0;
  }
  if (verb !== "serve" || args.some((arg) => arg === "--help" || arg === "-h")) {
    console[verb === "serve" || /^(-h|--)?help$|^-h$/.test(verb) ? "log" : "error"](help(command));
    return verb === "serve" || /help|^-h$/.test(verb) ? 0 : 2;
  }
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    return await serve(folder, values);
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") !== true) throw error;
    console.error(`${(error as Error).message}\n\nSee ${command} serve --help.`);
    return 2;
  }
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  stopWithParent();
  process.exitCode = await main(dirname(process.argv[1]), process.argv.slice(2));
}
