// npm run deploy: wrangler deploy, after a look at what is deployed. In another JURISDICTION all mailboxes would be new
// and empty, and code that is older than storage allows would find each of them broken: both are refused.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { run } from "./child.mjs";

const CHANGE_FLAG = "--change-jurisdiction";
const UNCHECKED_FLAG = "--unchecked";

/**
 * A variable of each deployed version: the newest format of mailboxes that any version before it wrote, or itself. The
 * Worker does not read it.
 */
const FORMAT = "STORAGE_FORMAT";

export const DEPLOY_HELP = `npm run deploy -- [flags]

  Deploys to the account of npx wrangler login, or of CLOUDFLARE_API_TOKEN. docs/OPERATIONS.md lists what is created.
  It stops if a variable is invalid, and after a look at the current deployment:
  - if JURISDICTION differs: there, all mailboxes would be new and empty;
  - if the mailboxes have a newer format than this version reads: docs/RELEASES.md says how far one can go back;
  - if the look fails, because nobody knows then.

    ${CHANGE_FLAG}    deploys in another jurisdiction
    ${UNCHECKED_FLAG}              deploys without the look
    --dry-run                builds, and deploys nothing
  All other flags go to wrangler: npx wrangler deploy --help`;

/** Deploys; returns the exit code. */
export async function deploy(flags) {
  const wrong = await run("node", ["scripts/variables.ts", "deploy", ...flags]);
  if (wrong !== 0) return wrong;
  const others = flags.filter((flag) => flag !== CHANGE_FLAG && flag !== UNCHECKED_FLAG);
  if (flags.includes("--dry-run")) return run("wrangler", ["deploy", ...others]);
  const storage = storageFormat();
  let newest = storage.writes;
  if (!flags.includes(UNCHECKED_FLAG)) {
    const deployed = await lookAtDeployment(wrangler, targetOf(flags));
    const wanted = flags.includes(CHANGE_FLAG) ? null : await wantedJurisdiction(flags);
    const warning = warningOf(deployed, wanted, storage);
    if (warning !== null) {
      console.error(warning);
      return 1;
    }
    newest = Math.max(newest, ...(deployed.versions ?? []).map(({ format }) => format));
  }
  return run("wrangler", ["deploy", ...others, "--var", `${FORMAT}:${newest}`]);
}

/**
 * Why not to deploy, or null. `wanted`: the JURISDICTION of this deploy, "" for none; null: any.
 *
 * @param {Deployed} deployed
 * @param {string | null} wanted
 * @param {{ reads: number }} storage
 */
export function warningOf(deployed, wanted, storage) {
  if (deployed.failed !== undefined) {
    return `It is unknown what is deployed, so it is unknown whether this deploy would harm the mailboxes:
${deployed.failed.trim()}
Without this look: npm run deploy -- ${UNCHECKED_FLAG}`;
  }
  for (const { jurisdiction, format } of deployed.versions) {
    if (format > storage.reads) {
      return `The deployed mailboxes have format ${format}; this version reads formats up to ${storage.reads}, and would find them broken.
Nothing was deployed. Deploy the newer version again, or one in between: docs/RELEASES.md says how far one can go back.`;
    }
    if (wanted !== null && jurisdiction !== wanted) return jurisdictionWarning(jurisdiction, wanted);
  }
  return null;
}

function jurisdictionWarning(deployed, wanted) {
  const called = (jurisdiction) => (jurisdiction === "" ? "no jurisdiction" : `the jurisdiction ${jurisdiction}`);
  const [from, to] = [called(deployed), called(wanted)];
  return `The current deployment has its mailboxes in ${from}; this one would look for them in ${to}.
They would be new and empty. The old ones stay, and are used again with the old JURISDICTION.
If that is what you want: npm run deploy -- ${CHANGE_FLAG}`;
}

/**
 * The versions that are deployed now: none before the first deploy, two during a gradual one. Or why they are unknown.
 *
 * @typedef {{ failed: string, versions?: undefined } | { failed?: undefined,
 *   versions: readonly { jurisdiction: string, format: number }[] }} Deployed
 * @param {(args: readonly string[]) => Promise<{ value: any, failed?: undefined } | { failed: string }>} ask
 * @param {readonly string[]} [target]
 * @returns {Promise<Deployed>}
 */
export async function lookAtDeployment(ask, target = []) {
  const deployment = await ask(["deployments", "status", "--json", ...target]);
  if (deployment.failed !== undefined) return isAbsent(deployment.failed) ? { versions: [] } : deployment;
  const ids = (deployment.value?.versions ?? []).map((version) => version.version_id);
  if (ids.length === 0) return { failed: "wrangler names no version of the current deployment." };
  const versions = [];
  for (const id of ids) {
    const version = await ask(["versions", "view", String(id), "--json", ...target]);
    if (version.failed !== undefined) return version;
    const bindings = version.value?.resources?.bindings;
    if (!Array.isArray(bindings)) return { failed: `wrangler names no variables of version ${id}.` };
    const textOf = (name) => bindings.find((binding) => binding.name === name)?.text ?? "";
    // Versions to 0.3 have none; every later version reads what they wrote.
    versions.push({ jurisdiction: textOf("JURISDICTION"), format: Number(textOf(FORMAT)) || 0 });
  }
  return { versions };
}

/** There is no such Worker yet, or it has never been deployed. */
function isAbsent(output) {
  return /\[?code: 10007\]?|has no deployments/.test(output);
}

/** The formats of this version; that file is TypeScript, and this one runs where nothing is installed. */
export function storageFormat() {
  const text = readFileSync("src/protocol/storage-format.ts", "utf8");
  const [, writes, reads] = /\{ writes: (\d+), reads: (\d+) \}/.exec(text) ?? [];
  if (writes === undefined) throw new Error("src/protocol/storage-format.ts has no formats");
  return { writes: Number(writes), reads: Number(reads) };
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

/** wrangler's output as JSON, or all of its output if it fails. */
async function wrangler(args) {
  let text = "";
  const code = await run("wrangler", args, { print: (piece) => (text += piece) });
  if (code !== 0) return { failed: text };
  try {
    return { value: JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) };
  } catch {
    return { failed: text };
  }
}
