// npm run selfhost: runs the bundle that `npm run deploy` would deploy in bare workerd, with all its state in one
// folder. front.js does what Cloudflare does in front of the Worker.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { run, succeeds } from "../child.mjs";
import { configOf, variablesOf } from "./config.mjs";
import { lock } from "./lock.mjs";
import { pageOf } from "./page.mjs";
import { sweep } from "./sweep.mjs";

export const SELFHOST_HELP = `npm run selfhost -- [flags]

  Builds the same bundle as npm run deploy, and serves it from this machine in bare workerd: no Cloudflare, no wrangler.
  Ctrl-C stops it; a crash loses nothing that was accepted. docs/OPERATIONS.md lists what is missing compared with
  Cloudflare. A folder has one server at a time.
    --port 8787          the port; 0 for a free one
    --ip 127.0.0.1       the address; 0.0.0.0 for all
    --state ./restante   the folder of all state: back up mailboxes/; server/ is rebuilt at each start
    --var NAME:VALUE     a variable of docs/VARIABLES.md, overriding wrangler.toml; may be repeated
    --env NAME           a variable taken from the environment: for secrets, which others could read on a command line
    --behind-proxy       a proxy in front sets X-Forwarded-For and X-Forwarded-Proto, and nothing else reaches the port

  A public server needs a proxy with TLS in front: with Caddy, "chat.example.com { reverse_proxy 127.0.0.1:8787 }".
  ADMIN_TOKEN=… npm run selfhost -- --env ADMIN_TOKEN --behind-proxy`;

/** Ms for running requests after a stop. workerd would also wait for open sockets, endlessly; all state is on disk. */
const GRACE_MS = 1_000;

const OPTIONS = {
  port: { type: "string", default: "8787" },
  ip: { type: "string", default: "127.0.0.1" },
  state: { type: "string", default: "restante" },
  var: { type: "string", multiple: true, default: [] },
  env: { type: "string", multiple: true, default: [] },
  "behind-proxy": { type: "boolean", default: false },
};

/** Serves until stopped; returns the exit code. */
export async function selfhost(flags) {
  let values;
  try {
    ({ values } = parseArgs({ args: flags, options: OPTIONS }));
  } catch (error) {
    return fail(error.message);
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    return fail("--port is a number from 0 to 65535.");
  const { config, variables, problem } = await variablesOf(values);
  if (problem) return fail(problem);
  const wrong = await run("node", ["scripts/variables.ts"], { env: { RESTANTE_VARIABLES: JSON.stringify(variables) } });
  if (wrong !== 0) return wrong;
  const state = resolve(values.state);
  const server = join(state, "server");
  const mailboxes = join(state, "mailboxes");
  mkdirSync(mailboxes, { recursive: true, mode: 0o700 });
  const { holder, fd } = lock(mailboxes);
  if (holder !== undefined)
    return fail(`Process ${holder} serves ${state} already; two servers would corrupt each other's mailboxes.`);
  if (fd === null)
    console.warn("The program flock is missing: make sure that no second server is started on this folder.");
  // Without the lock, another server may be about to write to an empty file.
  const removed = fd === null ? 0 : sweep(mailboxes);
  if (removed > 0)
    console.log(`Removed ${removed} empty ${removed === 1 ? "file" : "files"} of names that nobody has.`);
  if (!(await build(server))) return 1;
  const first = config.assets?.run_worker_first ?? [];
  const front = { ...pageOf(join(server, "page")), first, proxied: values["behind-proxy"] };
  const address = `${values.ip.includes(":") ? `[${values.ip}]` : values.ip}:${values.port}`;
  writeFileSync(join(server, "config.capnp"), configOf({ config, variables, front, address, state }));
  const announce = (port) =>
    console.log(`Ready on http://${address.replace(/\d+$/, port)}, with its state in ${state}`);
  return run("workerd", ["serve", "--control-fd=3", join(server, "config.capnp")], {
    env: variables,
    grace: GRACE_MS,
    share: fd,
    control: (text) => {
      const port = /"port":(\d+)/.exec(text)?.[1];
      if (port) announce(port);
    },
  });
}

/** Builds the bundle and the web page, as for a deploy. */
async function build(server) {
  const made = join(server, "bundle");
  rmSync(server, { recursive: true, force: true });
  if (!(await succeeds("wrangler", ["deploy", "--dry-run", "--outdir", made]))) return false;
  cpSync(join(made, "worker.js"), join(server, "worker.js"));
  rmSync(made, { recursive: true });
  cpSync("public", join(server, "page"), { recursive: true });
  return succeeds("esbuild", [
    "scripts/selfhost/front.js",
    "--bundle",
    "--format=esm",
    "--log-level=warning",
    `--outfile=${join(server, "front.js")}`,
  ]);
}

function fail(why) {
  console.error(`${why}\n\nSee npm run selfhost -- --help.`);
  return 1;
}
