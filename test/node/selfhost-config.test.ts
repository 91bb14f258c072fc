// The configuration that `npm run selfhost` makes of wrangler.toml: no key of it is ignored by accident.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { configOf } from "../../scripts/selfhost/config.ts";
import { CONTROL_SECRET } from "../../scripts/selfhost/control.ts";
import { control } from "../../scripts/selfhost/front.js";
import { readManifest } from "../../scripts/selfhost/manifest.mjs";
import { findVariables, type VariableFlags } from "../../scripts/selfhost/variables.ts";
import { BUILT } from "../support/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Every key of wrangler.toml by its path, without names of variables and classes. */
function keysOf(text: string): string[] {
  const keys: string[] = [];
  let table = "";
  let depth = 0;
  for (const line of text.split("\n").map((one) => one.replace(/(^|\s)#.*$/, "").trim())) {
    const [, opened] = /^\[+([\w.]+)\]+$/.exec(line) ?? [];
    const [, key] = /^([\w-]+)\s*=/.exec(line) ?? [];
    if (depth === 0 && opened !== undefined) table = `${opened.replace(/^exports\.\w+/, "exports.*")}.`;
    else if (depth === 0 && key !== undefined) keys.push(`${table}${table === "vars." ? "*" : key}`);
    if (opened === undefined) depth += (line.match(/[[{]/g)?.length ?? 0) - (line.match(/[\]}]/g)?.length ?? 0);
  }
  return [...new Set(keys)].toSorted();
}

/** Keys that selfhost translates into its configuration, or that take effect in the bundle. */
const TRANSLATED = [
  ..."name main keep_names build.command build.watch_dir".split(" "),
  ..."compatibility_date compatibility_flags vars.* durable_objects.bindings exports.*.type exports.*.storage".split(
    " ",
  ),
  ..."assets.directory assets.binding assets.run_worker_first".split(" "),
];

/** Keys of features that only Cloudflare has: its deploys, its rate limits, its logs. */
const CLOUDFLARE_ONLY = [
  "durable_objects.code_update_strategy",
  ..."ratelimits.name ratelimits.namespace_id ratelimits.simple observability.enabled observability.redact_query_string".split(
    " ",
  ),
  ..."observability.logs.enabled observability.logs.invocation_logs".split(" "),
];

test("each key of wrangler.toml is translated by selfhost, or is a feature of Cloudflare only", () => {
  expect(keysOf(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))).toEqual(
    [...TRANSLATED, ...CLOUDFLARE_ONLY].toSorted(),
  );
});

const manifest = readManifest(BUILT) ?? expect.fail("there is no built server");
const parts = { manifest, proxied: false, address: "127.0.0.1:0", page: "/server/page", mailboxes: "/state/mailboxes" };

function variablesOf(flags: Partial<VariableFlags>): Record<string, string> {
  const found = findVariables(manifest.variables, { var: [], env: [], "env-file": [], "env-all": false, ...flags });
  return "variables" in found ? found.variables : expect.fail(found.problems.join(" "));
}

test("the configuration contains the flags, the date, the variables and the objects of wrangler.toml", () => {
  const config = readConfig({ config: join(ROOT, "wrangler.toml") });
  const variables = variablesOf({});
  const text = configOf({ ...parts, variables });
  const worker = text.slice(text.indexOf("const worker :"));
  expect(worker).toContain(`compatibilityDate = "${config.compatibility_date}"`);
  expect(config.compatibility_flags.length).toBeGreaterThan(0);
  expect(worker).toContain(
    `compatibilityFlags = [${config.compatibility_flags.map((flag: string) => `"${flag}"`).join(", ")}]`,
  );
  expect(Object.keys(config.vars).length).toBeGreaterThan(3);
  for (const name of Object.keys(config.vars)) {
    expect(variables[name]).toBe(config.vars[name]);
    expect(worker).toContain(`(name = "${name}", fromEnvironment = "${name}")`);
  }
  for (const { name, class_name: type } of config.durable_objects.bindings) {
    expect(worker).toContain(`(name = "${name}", durableObjectNamespace = "${type}")`);
    expect(worker).toContain(`(className = "${type}", uniqueKey = "restante-${type}", enableSql = true)`);
    expect(config.exports?.[type ?? ""]).toMatchObject({ type: "durable-object", storage: "sqlite" });
  }
});

test("[K9] workerd may connect to the public internet, and to what the operator named on private networks", () => {
  const text = configOf({
    ...parts,
    variables: variablesOf({ var: ["WEBHOOK_HOSTS:a.lan 10.0.0.5:9000, [fd00::1] 10.0.0.5"] }),
  });
  expect(text).toContain(`allow = ["public", "10.0.0.5/32", "fd00::1/128"]`);
  for (const inside of ["64:ff9b::7f00:0/104", "64:ff9b::a00:0/104", "2002:7f00::/24", "2001::/32", "fec0::/10"]) {
    expect(text).toContain(`"${inside}"`);
  }
  const local = (more: Record<string, string>) => configOf({ ...parts, variables: more });
  expect(local({ WEBHOOK_HOSTS: "localhost:9000" })).toContain(`allow = ["public"]`);
  expect(local({ JWT_JWKS_URL: "http://localhost:9000/keys" })).toContain(
    `allow = ["public", "127.0.0.0/8", "::1/128"]`,
  );
  expect(local({ JWT_JWKS_URL: "https://10.0.0.9/keys" })).toContain(`allow = ["public"]`);
});

test("variables come from flags, the environment and files, and a name that is given twice is refused", () => {
  const file = join(mkdtempSync(join(tmpdir(), "restante-env-")), "restante.env");
  writeFileSync(
    file,
    `# comment\n\nSOCKETS=5\nexport ORIGIN = "https://a.example"\nINVITE_SECRET='${"x".repeat(32)}'\n`,
  );
  vi.stubEnv("BACKLOG", "7");
  vi.stubEnv("SOCKETS", "9");
  const all = variablesOf({ "env-file": [file], "env-all": true, var: ["BACKLOG_PER_CORRESPONDENT:3"] });
  expect(all).toMatchObject({
    SOCKETS: "5",
    ORIGIN: "https://a.example",
    BACKLOG: "7",
    BACKLOG_PER_CORRESPONDENT: "3",
  });
  expect(all["INVITE_SECRET"]).toHaveLength(32);
  writeFileSync(file, "SOCKETS=5\nnonsense\n");
  const flags = { var: ["SOCKETS:5"], env: ["NONE_SUCH"], "env-file": [file, "/none/such"], "env-all": false };
  expect(findVariables(manifest.variables, flags)).toEqual({
    problems: [
      "--env NONE_SUCH: there is no such variable in the environment.",
      `${file}, line 2: it must be NAME=value.`,
      expect.stringContaining("--env-file /none/such: ENOENT"),
      "SOCKETS is given twice.",
    ],
  });
});

test("the control socket is on loopback, and serves nobody without the secret, which the configuration does not have", async () => {
  const config = configOf({ ...parts, address: "0.0.0.0:80", variables: variablesOf({}) });
  expect([...config.matchAll(/\baddress = "([^"]+)"/g)].map(([, one]) => one)).toEqual(["0.0.0.0:80", "127.0.0.1:0"]);
  expect(config).not.toContain(CONTROL_SECRET);
  const DRAIN = { closeSockets: () => expect.fail("the sockets are closed") };
  for (const Authorization of ["", "Bearer ", `Bearer ${CONTROL_SECRET}0`, CONTROL_SECRET])
    for (const path of ["drain", "metrics"]) {
      const request = new Request(`http://127.0.0.1/${path}`, { method: "POST", headers: { Authorization } });
      expect((await control.fetch(request, { CONTROL_SECRET, DRAIN })).status).toBe(403);
    }
});
