// The verbs for service accounts: names for backends and bots, whose tokens have scopes.
import type { ServiceAccount } from "../../src/protocol/service.ts";
import type { ServiceListing } from "../../src/protocol/registry.ts";
import { table, time } from "./table.ts";
import type { Arguments, Verb } from "./verb.ts";

interface Created {
  readonly userName: string;
  readonly token: string;
  readonly id: string;
  readonly scopes: readonly string[];
}

const SERVICES = "/api/admin/services";
const path = ({ positionals }: Arguments) => `${SERVICES}/${encodeURIComponent(positionals[0] ?? "")}`;

const tokenRequest = ({ scope, label }: Arguments) => ({ scopes: scope, ...(label !== undefined && { label }) });
const flags = { scope: { type: "string", multiple: true }, label: { type: "string" } } as const;
const flagHelp = {
  scope: "send, read or admin; may be repeated",
  label: "the token's name in lists",
};
const SCOPES = new Set(["send", "read", "admin"]);

/** What is wrong with the scopes, or null. */
function scopeProblem({ scope }: Arguments): string | null {
  const scopes = [scope ?? []].flat().map(String);
  if (scopes.length === 0) return "--scope is missing: send, read or admin.";
  const wrong = scopes.find((one) => !SCOPES.has(one));
  return wrong === undefined ? null : `--scope ${wrong}: it is send, read or admin.`;
}

const createdText = ({ userName, token, id, scopes }: Created) =>
  `${userName} has the token ${id} for ${scopes.join(", ")}. It is shown only once:\n${token}\n`;

const create: Verb = {
  args: ["NAME"],
  help: [
    "creates a service account and shows its token once",
    "The name must be free. For more tokens: npm run admin -- service grant --help.",
  ],
  flags: flags,
  flagHelp: flagHelp,
  async run(deployment, given) {
    const problem = scopeProblem(given);
    if (problem !== null) return problem;
    const value = await deployment.request<Created>("POST", SERVICES, {
      userName: given.positionals[0],
      ...tokenRequest(given),
    });
    return { value, text: createdText(value) };
  },
};

const grant: Verb = {
  args: ["NAME"],
  help: ["adds a token to a service account", "To replace a token: add a new one, use it, revoke the old one."],
  flags: flags,
  flagHelp: flagHelp,
  async run(deployment, given) {
    const problem = scopeProblem(given);
    if (problem !== null) return problem;
    const value = await deployment.request<Created>("POST", `${path(given)}/tokens`, tokenRequest(given));
    return { value, text: createdText(value) };
  },
};

const list: Verb = {
  args: [],
  help: ["lists the service accounts by name"],
  async run(deployment) {
    const services: ServiceListing[] = [];
    for (let more = true; more;) {
      const after = encodeURIComponent(services.at(-1)?.userName ?? "");
      const page = await deployment.request<{ services: ServiceListing[]; more: boolean }>(
        "GET",
        `${SERVICES}?after=${after}`,
      );
      services.push(...page.services);
      ({ more } = page);
    }
    const rows = services.map(({ userName, created }) => [userName, time(created)]);
    return { value: services, text: table(["name", "created"], rows) || "There are none.\n" };
  },
};

const show: Verb = {
  args: ["NAME"],
  help: ["lists a service account's tokens by id, without the tokens themselves"],
  async run(deployment, given) {
    const value = await deployment.request<ServiceAccount>("GET", path(given));
    const rows = value.tokens.map(({ id, label, scopes, created, seen }) => [
      id,
      label,
      scopes.join(" "),
      time(created),
      time(seen),
    ]);
    return { value, text: table(["token", "label", "scopes", "created", "seen"], rows) || "It has no token.\n" };
  },
};

const revoke: Verb = {
  args: ["NAME"],
  help: [
    "revokes a service account, or one of its tokens",
    "Its connections are closed, and messages to it fail, until it is created again.",
  ],
  flags: { token: { type: "string" } },
  flagHelp: { token: "only this token, by its id in `service show`" },
  async run(deployment, given) {
    const { token } = given;
    await deployment.request(
      "DELETE",
      typeof token === "string" ? `${path(given)}/tokens/${encodeURIComponent(token)}` : path(given),
    );
    return { value: { revoked: token ?? given.positionals[0] }, text: "revoked\n" };
  },
};

export const SERVICE = {
  "service create": create,
  "service grant": grant,
  "service list": list,
  "service show": show,
  "service revoke": revoke,
};
