// The verbs about service accounts: names for backends and bots, with tokens that carry scopes.
import type { Service } from "../../src/protocol/service.ts";
import type { ServiceListing } from "../../src/protocol/registry.ts";
import { table, time } from "./table.ts";
import type { Given, Verb } from "./verbs.ts";

interface Created {
  readonly userName: string;
  readonly token: string;
  readonly id: string;
  readonly scopes: readonly string[];
}

const SERVICES = "/api/admin/services";
const path = ({ positionals }: Given) => `${SERVICES}/${encodeURIComponent(positionals[0] ?? "")}`;

const asked = ({ scope, label }: Given) => ({ scopes: scope, ...(label !== undefined && { label }) });
const flags = { scope: { type: "string", multiple: true }, label: { type: "string" } } as const;
const tells = {
  scope: "send, read or admin; may come several times",
  label: "what the token is called in lists",
};
const SCOPE = "--scope is missing: send, read or admin.";

const shown = ({ userName, token, id, scopes }: Created) =>
  `${userName} has the token ${id} for ${scopes.join(", ")}. It is shown this once:\n${token}\n`;

const create: Verb = {
  takes: ["NAME"],
  about: [
    "creates a service account, and shows its token once",
    "A name that is free. More tokens: npm run admin -- service grant --help.",
  ],
  options: flags,
  tells,
  async does(deployment, given) {
    if (given["scope"] === undefined) return SCOPE;
    const value = await deployment.ask<Created>("POST", SERVICES, { userName: given.positionals[0], ...asked(given) });
    return { value, text: shown(value) };
  },
};

const grant: Verb = {
  takes: ["NAME"],
  about: [
    "makes one more token for a service account",
    "To change a token: make the new one, use it, revoke the old one.",
  ],
  options: flags,
  tells,
  async does(deployment, given) {
    if (given["scope"] === undefined) return SCOPE;
    const value = await deployment.ask<Created>("POST", `${path(given)}/tokens`, asked(given));
    return { value, text: shown(value) };
  },
};

const list: Verb = {
  takes: [],
  about: ["the service accounts, by name"],
  async does(deployment) {
    const services: ServiceListing[] = [];
    for (let more = true; more;) {
      const after = encodeURIComponent(services.at(-1)?.userName ?? "");
      const page = await deployment.ask<{ services: ServiceListing[]; more: boolean }>(
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
  takes: ["NAME"],
  about: ["the tokens of a service account; never the tokens themselves"],
  async does(deployment, given) {
    const value = await deployment.ask<Service>("GET", path(given));
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
  takes: ["NAME"],
  about: [
    "ends a service account, or takes one of its tokens away",
    "Its connections are closed, and what is sent to it fails, until it is created again.",
  ],
  options: { token: { type: "string" } },
  tells: { token: "only this token, by the id that `service show` has" },
  async does(deployment, given) {
    const { token } = given;
    await deployment.ask(
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
