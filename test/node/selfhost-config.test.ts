// The configuration that `npm run selfhost` makes of wrangler.toml: no key of it is ignored by accident.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { configOf, variablesOf } from "../../scripts/selfhost/config.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const front = { page: {}, headers: {}, first: [], proxied: false };

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

test("the configuration contains the flags, the date, the variables and the objects of wrangler.toml", async () => {
  const { config, variables } = await variablesOf({ var: [], env: [] });
  const text = configOf({ config, variables, front, address: "127.0.0.1:0", state: "/state" });
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
    expect(config.exports?.[type]).toMatchObject({ type: "durable-object", storage: "sqlite" });
  }
});

test("[K9] the configuration allows workerd to connect to the public internet, and to addresses in WEBHOOK_HOSTS", async () => {
  const { config, variables } = await variablesOf({
    var: ["WEBHOOK_HOSTS:a.lan 10.0.0.5:9000, [fd00::1] 10.0.0.5"],
    env: [],
  });
  const text = configOf({ config, variables, front, address: "127.0.0.1:0", state: "/state" });
  expect(text).toContain(`allow = ["public", "10.0.0.5/32", "fd00::1/128"]`);
  for (const inside of ["64:ff9b::7f00:0/104", "64:ff9b::a00:0/104", "2002:7f00::/24", "2001::/32", "fec0::/10"]) {
    expect(text).toContain(`"${inside}"`);
  }
});
