// The program of a server folder, bundled into restante.mjs: what an operator runs where nothing but the folder is.
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { stopWithParent } from "../child.mjs";
import { backup } from "./backup/backup.ts";
import { restore } from "./backup/restore.ts";
import { BACKUP_HELP, RESTORE_HELP, SERVE_FLAGS } from "./help.mjs";
import { readManifest } from "./manifest.mjs";
import { serve } from "./serve.ts";

const STATE = { type: "string", default: "restante" } as const;

const SERVE_OPTIONS = {
  port: { type: "string", default: "8787" },
  ip: { type: "string", default: "127.0.0.1" },
  state: STATE,
  var: { type: "string", multiple: true, default: [] as string[] },
  env: { type: "string", multiple: true, default: [] as string[] },
  "env-file": { type: "string", multiple: true, default: [] as string[] },
  "env-all": { type: "boolean", default: false },
  "behind-proxy": { type: "boolean", default: false },
  "min-free": { type: "string" },
  drain: { type: "string", default: "8" },
  check: { type: "boolean", default: false },
} as const;

const BACKUP_OPTIONS = { state: STATE, keep: { type: "string" } } as const;

const RESTORE_OPTIONS = { state: STATE, at: { type: "string" }, check: { type: "boolean", default: false } } as const;

interface Verb {
  /** Its arguments and flags, for the help text. */
  readonly usage: string;
  readonly help: string;
  /** Whether it has help texts of its own. */
  readonly hasOwnHelp?: boolean;
  /** Runs it; returns the exit code. `server`: the folder of the program. */
  run(server: string, args: string[]): Promise<number>;
}

class UsageError extends Error {}

const VERBS: ReadonlyMap<string, Verb> = new Map(
  Object.entries({
    serve: {
      usage: "serve [flags]",
      help: `  Serves this folder from this machine in bare workerd. Ctrl-C stops it; a crash loses nothing that was accepted. A
  state folder has one server at a time.
${SERVE_FLAGS}`,
      run: (server: string, args: string[]) => serve(server, parseArgs({ args, options: SERVE_OPTIONS }).values),
    },
    backup: {
      usage: "backup DIR [flags]",
      help: `  Adds a backup to DIR, also while the server runs: everything that was accepted before it began. Only mailboxes that
  have changed are copied. After an interruption the next backup continues.
${BACKUP_HELP}`,
      run(_: string, args: string[]) {
        const { values, positionals } = parseArgs({ args, options: BACKUP_OPTIONS, allowPositionals: true });
        return backup(folderIn(positionals), values);
      },
    },
    restore: {
      usage: "restore DIR [flags]",
      help: `  Restores a backup of DIR for a server that is then started. It checks every file first, and changes nothing if one
  is damaged.
${RESTORE_HELP}`,
      run(_: string, args: string[]) {
        const { values, positionals } = parseArgs({ args, options: RESTORE_OPTIONS, allowPositionals: true });
        return restore(folderIn(positionals), values);
      },
    },
    admin: {
      usage: "admin VERB [flags]",
      help: "  Inspects and operates a server, over its HTTP API: admin --help.",
      hasOwnHelp: true,
      async run(server: string, args: string[]) {
        const file = join(server, "admin.mjs");
        process.argv = [process.execPath, file, ...args];
        await import(pathToFileURL(file).href);
        return Number(process.exitCode ?? 0);
      },
    },
    version: {
      usage: "version",
      help: "  Prints the version.",
      run(server: string) {
        console.log(readManifest(server)?.version);
        return Promise.resolve(0);
      },
    },
  }),
);

const CODES = "Exit codes: 0 done; 1 a problem with a folder; 2 wrong flags or variables.";

/** Runs a verb; returns the exit code. `folder` has the server, and `command` is how the user called this. */
export async function main(folder: string, [name = "help", ...args]: string[], command = "restante"): Promise<number> {
  const verb = VERBS.get(name);
  if (verb === undefined) {
    const isHelp = /^(-h|(--)?help)$/.test(name);
    console[isHelp ? "log" : "error"](helpOf([...VERBS.values()], command));
    return isHelp ? 0 : 2;
  }
  if (verb.hasOwnHelp !== true && args.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(helpOf([verb], command));
    return 0;
  }
  try {
    return await verb.run(folder, args);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    if (isUsage !== true) throw error;
    console.error(`${(error as Error).message}\n\nSee ${command} ${name} --help.`);
    return 2;
  }
}

function helpOf(verbs: readonly Verb[], command: string): string {
  return [...verbs.map(({ usage, help }) => `${command} ${usage}\n\n${help}`), CODES].join("\n\n");
}

function folderIn(positionals: readonly string[]): string {
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new UsageError("It takes one folder, that of the backups.");
  return folder;
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  stopWithParent();
  process.exitCode = await main(dirname(process.argv[1]), process.argv.slice(2));
}
