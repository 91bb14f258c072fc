// The help texts of npm run admin: enough to use it without other documentation.
import type { Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

const verbs = () => {
  const rows = [...VERBS].map(([name, { args, help }]) => [`  ${[name, ...args].join(" ")}`, help[0]] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}   ${right}`).join("\n");
};

export const HELP = `npm run admin -- VERB [flags]

Inspects and operates a deployment. It shows no messages, except in an export and in a report.

${verbs()}

Flags of every verb
  --url URL    the deployment; default: the variable RESTANTE_URL, or else http://localhost:8787
  --json       prints JSON, for programs: npm run -s admin -- stats --json
  --help       help on one verb: npm run admin -- trace --help

The token is read from the variable RESTANTE_ADMIN_TOKEN: the deployment's secret ADMIN_TOKEN, or a service account's
token with the scope admin. There is no flag for it, because other users of this machine could see it.

  export RESTANTE_URL=https://restante.example.workers.dev RESTANTE_ADMIN_TOKEN=…
  npm run admin -- stats

Exit codes: 0 done; 1 refused by the server, unknown name, or truncated response; 2 wrong usage; 3 the server can't be
reached.`;

/** The help text of one verb. */
export function helpOf(name: string, { args, help, flags = {}, flagHelp = {} }: Verb): string {
  const flagLines = Object.keys(flags).map((flag) => `  --${flag.padEnd(10)} ${flagHelp[flag] ?? ""}`);
  const usage = `npm run admin -- ${[name, ...args].join(" ")}${flagLines.length > 0 ? " [flags]" : ""}`;
  return [
    usage,
    "",
    ...help,
    ...(flagLines.length > 0 ? ["", ...flagLines] : []),
    "",
    "Also --url, --json: npm run admin -- --help.",
  ].join("\n");
}
