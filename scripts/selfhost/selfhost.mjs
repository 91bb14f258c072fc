// npm run selfhost: builds a server folder where that is needed, and runs its program, which needs nothing else.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { install, whatIsMissing } from "../install.mjs";
import { SERVE_FLAGS } from "./help.mjs";
import { buildServer, isCurrent } from "./build-server.mjs";

const COMMAND = "npm run selfhost --";

export const SELFHOST_HELP = `${COMMAND} [flags]

  Builds the same bundle as npm run deploy, unless nothing changed since, and serves it from this machine in bare
  workerd: no Cloudflare, no wrangler. docs/OPERATIONS.md lists what is missing compared with Cloudflare. The bundle is
  kept in server/ of the state folder.
${SERVE_FLAGS}

${COMMAND} build DIR

  Builds a server folder and starts nothing. DIR/restante.mjs serve then starts it in less than a second, without this
  folder, npm and wrangler: node DIR/restante.mjs serve --help

${COMMAND} serve DIR [flags]

  Serves a folder that was built, with the same flags.

  A public server needs a proxy with TLS in front: with Caddy, "chat.example.com { reverse_proxy 127.0.0.1:8787 }".
  ADMIN_TOKEN=… npm run selfhost -- --env ADMIN_TOKEN --behind-proxy`;

/** Runs a verb; returns the exit code. */
export async function selfhost(args) {
  const isVerb = args.length > 0 && !args[0].startsWith("-");
  const [verb, folder, ...flags] = isVerb ? args : ["serve", undefined, ...args];
  if (isVerb && (folder === undefined || folder.startsWith("-"))) {
    console.error(`${verb} needs a folder: ${COMMAND} ${verb} DIR`);
    return 2;
  }
  if (verb === "build") return (await ready(() => buildServer(resolve(folder)))) ? 0 : 1;
  if (folder !== undefined) return programOf(resolve(folder), [verb, ...flags]);
  const server = join(resolve(stateOf(flags)), "server");
  const isChecked = flags.some((flag) => flag === "--check" || flag === "--help" || flag === "-h");
  if (!isCurrent(server) && !(await ready(() => buildServer(server)))) {
    if (!existsSync(server)) return 1;
    if (!isChecked)
      console.warn("The build failed: serving the one before. Its version may be older than the sources.");
  }
  return programOf(server, [verb, ...flags]);
}

async function ready(build) {
  const missing = whatIsMissing();
  return (!missing || (await install(missing))) && (await build());
}

/** The folder of --state, which the program parses again with all other flags. */
function stateOf(flags) {
  const at = flags.findLastIndex((flag) => /^--state(=|$)/.test(flag));
  if (at < 0) return "restante";
  return flags[at].includes("=") ? flags[at].slice("--state=".length) : (flags[at + 1] ?? "restante");
}

async function programOf(folder, args) {
  const file = join(folder, "restante.mjs");
  if (!existsSync(file)) {
    console.error(`${folder} has no server. Build it: ${COMMAND} build ${folder}`);
    return 1;
  }
  const { main } = await import(pathToFileURL(file).href);
  return main(folder, args, `${COMMAND}`);
}
