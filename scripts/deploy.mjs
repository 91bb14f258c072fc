// npm run deploy: wrangler deploy, after a check of the current deployment. In another JURISDICTION all mailboxes would
// be new and empty, so such a change needs a flag.
import { parseArgs } from "node:util";
import { run } from "./child.mjs";

const CHANGE_FLAG = "--change-jurisdiction";

export const DEPLOY_HELP = `npm run deploy -- [flags]

  Deploys to the account of npx wrangler login, or of CLOUDFLARE_API_TOKEN. docs/OPERATIONS.md lists what is created.
  It stops if a variable is invalid, or if JURISDICTION differs from that of the current deployment, or can't be
  compared: in another one all mailboxes would be new and empty.

    ${CHANGE_FLAG}    deploys in another jurisdiction, or without that check
    --dry-run                builds, and deploys nothing
  All other flags go to wrangler: npx wrangler deploy --help`;

/** Deploys; returns the exit code. */
export async function deploy(flags) {
  const wrong = await run("node", ["scripts/variables.ts", "deploy", ...flags]);
  if (wrong !== 0) return wrong;
  if (!flags.includes("--dry-run") && !flags.includes(CHANGE_FLAG)) {
    const warning = warningOf(await deployedJurisdiction(wrangler, targetOf(flags)), await wantedJurisdiction(flags));
    if (warning !== null) {
      console.error(warning);
      return 1;
    }
  }
  const others = flags.filter((flag) => flag !== CHANGE_FLAG);
  return run("wrangler", ["deploy", ...others]);
}

/** Of a Worker that does not exist yet: in wrangler's output, Cloudflare's code of the error. */
const NOT_FOUND = /\[code: 10007\]|\bhas no deployments\b/;

/**
 * A warning if `wanted` differs from `deployed`, or if nobody knows, or null. `deployed` is null if nothing is
 * deployed, and has `unknown`, the reason, if the deployment could not be read.
 */
export function warningOf(deployed, wanted) {
  if (deployed?.unknown !== undefined)
    return `The JURISDICTION of the current deployment can't be read, so this one might not find its mailboxes:
${deployed.unknown}
Try again. If you know that JURISDICTION has not changed, or to deploy without this check:
npm run deploy -- ${CHANGE_FLAG}`;
  if (deployed === null || deployed === wanted) return null;
  const called = (jurisdiction) => (jurisdiction === "" ? "no jurisdiction" : `the jurisdiction ${jurisdiction}`);
  const [from, to] = [called(deployed), called(wanted)];
  return `The current deployment has its mailboxes in ${from}; this one would look for them in ${to}.
They would be new and empty. The old ones stay, and are used again with the old JURISDICTION.
If that is what you want: npm run deploy -- ${CHANGE_FLAG}`;
}

/**
 * JURISDICTION of the current deployment, "" for none; null before the first deploy; `unknown`, with the reason, if it
 * could not be read. `ask` gives wrangler's output as JSON, or `failed`, its text.
 */
export async function deployedJurisdiction(ask, target = []) {
  const { json: deployment, failed } = await ask(["deployments", "status", "--json", ...target]);
  if (failed !== undefined) return NOT_FOUND.test(failed) ? null : { unknown: failed.trim() };
  const version = deployment?.versions?.[0]?.version_id;
  if (typeof version !== "string") return { unknown: "wrangler names no version of it." };
  const viewed = await ask(["versions", "view", version, "--json", ...target]);
  if (viewed.failed !== undefined) return { unknown: viewed.failed.trim() };
  const bindings = viewed.json?.resources?.bindings;
  if (!Array.isArray(bindings)) return { unknown: "wrangler names no bindings of it." };
  return bindings.find(({ name }) => name === "JURISDICTION")?.text ?? "";
}

/** JURISDICTION of this deploy: from a flag, or wrangler.toml. */
async function wantedJurisdiction(flags) {
  const { values } = parseFlags(flags);
  const given = [values.var ?? []].flat().findLast((one) => one.startsWith("JURISDICTION:"));
  if (given !== undefined) return given.slice("JURISDICTION:".length);
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const { vars = {} } = readConfig({ config: values.config ?? "wrangler.toml", env: values.env });
  return vars.JURISDICTION ?? "";
}

/** The flags that select the Worker. */
function targetOf(flags) {
  const { values } = parseFlags(flags);
  return ["name", "env", "config"].flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]));
}

function parseFlags(flags) {
  const options = {
    var: { type: "string", multiple: true },
    name: { type: "string" },
    env: { type: "string", short: "e" },
    config: { type: "string", short: "c" },
  };
  return parseArgs({ args: flags, options, strict: false, allowPositionals: true });
}

/** wrangler's output as JSON; if it fails, its text. */
async function wrangler(args) {
  let text = "";
  const code = await run("wrangler", args, { print: (piece) => (text += piece) });
  try {
    return code === 0
      ? { json: JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) }
      : { failed: text };
  } catch {
    return { failed: text };
  }
}
