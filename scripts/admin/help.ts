// What the operator's command says of itself: enough to use it without any other page.
import { VERBS, type Verb } from "./verbs.ts";

const verbs = () => {
  const rows = [...VERBS].map(([name, { takes, about }]) => [`  ${[name, ...takes].join(" ")}`, about[0]] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}   ${right}`).join("\n");
};

export const HELP = `npm run admin -- VERB [flags]

Looks into a deployment, and acts. It shows nobody's messages: an export is the only verb that has any.

${verbs()}

Flags of every verb
  --url URL    which deployment; or the variable RESTANTE_URL; http://localhost:8787 otherwise
  --json       the answer as JSON, for machines: npm run -s admin -- stats --json
  --help       of one verb: npm run admin -- trace --help

The token is read from the variable RESTANTE_ADMIN_TOKEN: the deployment's secret ADMIN_TOKEN, or the token of a service account with the
scope admin. It is never a flag, which others on this machine could see.

  export RESTANTE_URL=https://restante.example.workers.dev RESTANTE_ADMIN_TOKEN=…
  npm run admin -- stats

Exit codes: 0 done; 1 the server said no, nobody has the name, or the answer broke off; 2 it was asked wrongly; 3 the server can't be reached.`;

/** Of one verb. */
export function helpOf(name: string, { takes, about, options = {}, tells = {} }: Verb): string {
  const flags = Object.keys(options).map((flag) => `  --${flag.padEnd(10)} ${tells[flag] ?? ""}`);
  const usage = `npm run admin -- ${[name, ...takes].join(" ")}${flags.length > 0 ? " [flags]" : ""}`;
  return [
    usage,
    "",
    ...about,
    ...(flags.length > 0 ? ["", ...flags] : []),
    "",
    "Also --url, --json: npm run admin -- --help.",
  ].join("\n");
}
