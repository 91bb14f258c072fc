// npm run deploy: wrangler deploy, after a check of the current deployment. In another JURISDICTION all mailboxes would
// be new and empty, so such a change needs a flag.
import { parseArgs } from "node:util";
import { run } from "./child.mjs";

const CHANGE_FLAG = "--change-jurisdiction";

export const DEPLOY_HELP = `npm run deploy -- [flags]

  Deploys to the account of npx wrangler login, or of CLOUDFLARE_API_TOKEN. docs/OPERATIONS.md lists what is created.
  It stops if a variable is invalid, or if JURISDICTION differs from that of the current deployment: there, all
  mailboxes would be new and empty.

    ${CHANGE_FLAG}    deploys in another jurisdiction
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

/** A warning if `wanted` differs from `deployed`, or null. `deployed` is null if nothing is deployed, or if unknown. */
export function warningOf(deployed, wanted) {
  if (deployed === null || deployed === wanted) return null;
  const called = (jurisdiction) => (jurisdiction === "" ? "no jurisdiction" : `the jurisdiction ${jurisdiction}`);
  const [from, to] = [called(deployed), called(wanted)];
  return `The current deployment has its mailboxes in ${from}; this one would look for them in ${to}.
They would be new and empty. The old ones stay, and are used again with the old JURISDICTION.
If that is what you want: npm run deploy -- ${CHANGE_FLAG}`;
}

/**
 * JURISDICTION of the current deployment, "" for none; null if unknown: before the first deploy, or without an account.
 */
export async function deployedJurisdiction(ask, target = []) {
  const deployment = await ask(["deployments", "status", "--json", ...target]);
  const version = deployment?.versions?.[0]?.version_id;
  if (typeof version !== "string") return null;
  const bindings = (await ask(["versions", "view", version, "--json", ...target]))?.resources?.bindings;
  if (!Array.isArray(bindings)) return null;
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

/** wrangler's output as JSON; null if it fails. */
async function wrangler(args) {
  let text = "";
  const code = await run("wrangler", args, { print: (piece) => (text += piece) });
  try {
    return code === 0 ? JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) : null;
  } catch {
    return null;
  }
}
