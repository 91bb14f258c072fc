// npm run deploy: wrangler deploy, after a look at what is deployed already. A deployment in another JURISDICTION has other mailboxes,
// empty ones; nobody is to find that out afterwards.
import { parseArgs } from "node:util";
import { run } from "./child.mjs";

const CHANGE = "--change-jurisdiction";

export const DEPLOY_HELP = `npm run deploy -- [flags]

  Deploys to the account that npx wrangler login signed in to, or that CLOUDFLARE_API_TOKEN is of. README tells what comes into being.
  It stops where a variable makes no sense, and where JURISDICTION is another than that of what is deployed: mailboxes in another jurisdiction are others, and empty.

    ${CHANGE}    deploys all the same
    --dry-run                builds, and sends nothing
  All other flags go to wrangler: npx wrangler deploy --help`;

/** Deploys; the exit code. */
export async function deploy(flags) {
  const wrong = await run("node", ["scripts/variables.ts", "deploy", ...flags]);
  if (wrong !== 0) return wrong;
  if (!flags.includes("--dry-run") && !flags.includes(CHANGE)) {
    const warning = warningOf(await deployedJurisdiction(wrangler, targetOf(flags)), await wantedJurisdiction(flags));
    if (warning !== null) {
      console.error(warning);
      return 1;
    }
  }
  const others = flags.filter((flag) => flag !== CHANGE);
  return run("wrangler", ["deploy", ...others]);
}

/** What is wrong with putting `wanted` in the place of `deployed`, or null; null deployed: nothing is, or nobody knows. */
export function warningOf(deployed, wanted) {
  if (deployed === null || deployed === wanted) return null;
  const called = (jurisdiction) => (jurisdiction === "" ? "no jurisdiction" : `the jurisdiction ${jurisdiction}`);
  return `What is deployed has its mailboxes in ${called(deployed)}; this would look for them in ${called(wanted)}.
They would be others, and empty. The old ones stay where they are, and come back with the old JURISDICTION.
If that is what you want: npm run deploy -- ${CHANGE}`;
}

/** JURISDICTION of what serves now, "" for none; null if that can't be known: before the first deploy, or without an account. */
export async function deployedJurisdiction(ask, target = []) {
  const deployment = await ask(["deployments", "status", "--json", ...target]);
  const version = deployment?.versions?.[0]?.version_id;
  if (typeof version !== "string") return null;
  const bindings = (await ask(["versions", "view", version, "--json", ...target]))?.resources?.bindings;
  if (!Array.isArray(bindings)) return null;
  return bindings.find(({ name }) => name === "JURISDICTION")?.text ?? "";
}

/** What this deploy would have: a flag, or wrangler.toml. */
async function wantedJurisdiction(flags) {
  const { values } = read(flags);
  const given = [values.var ?? []].flat().findLast((one) => one.startsWith("JURISDICTION:"));
  if (given !== undefined) return given.slice("JURISDICTION:".length);
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const { vars = {} } = readConfig({ config: values.config ?? "wrangler.toml", env: values.env });
  return vars.JURISDICTION ?? "";
}

/** The flags that say which Worker it is. */
function targetOf(flags) {
  const { values } = read(flags);
  return ["name", "env", "config"].flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]));
}

function read(flags) {
  const options = {
    var: { type: "string", multiple: true },
    name: { type: "string" },
    env: { type: "string", short: "e" },
    config: { type: "string", short: "c" },
  };
  return parseArgs({ args: flags, options, strict: false, allowPositionals: true });
}

/** What wrangler answers, as JSON; null where it has no answer. */
async function wrangler(args) {
  let text = "";
  const code = await run("wrangler", args, { print: (piece) => (text += piece) });
  try {
    return code === 0 ? JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) : null;
  } catch {
    return null;
  }
}
