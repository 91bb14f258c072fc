// What a page of "Deploy to Cloudflare" reads from a public copy of this repository: variables and secrets with their
// descriptions, and packages of which a deploy needs no others. https://developers.cloudflare.com/workers/platform/deploy-buttons/,
// read 2026-11. The page itself needs an account, and was not tried.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { reachedFrom } from "../../scripts/imports.mjs";
import { problemOfValue, VARIABLES } from "../../src/protocol/variables.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

interface Package {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly cloudflare: { readonly bindings: Record<string, { readonly description: string }> };
}
const own = JSON.parse(textOf("package.json")) as Package;

const secrets = [...textOf(".dev.vars.example").matchAll(/^([A-Z_]+)="(.*)"$/gm)].map(([, name = "", value = ""]) => ({
  name,
  value,
}));

test("every variable of wrangler.toml and every secret of .dev.vars.example is described, and nothing else", () => {
  const { vars } = readConfig({ config: join(ROOT, "wrangler.toml") });
  const { bindings } = own.cloudflare;
  expect(Object.keys(bindings).toSorted()).toEqual(
    [...Object.keys(vars), ...secrets.map(({ name }) => name)].toSorted(),
  );
  for (const [name, { description }] of Object.entries(bindings)) {
    expect(Object.hasOwn(VARIABLES, name), name).toBe(true);
    expect(description, name).toMatch(/^[A-Z].{10,180}\.$/);
  }
  expect(own.scripts["deploy"]).toBe("node scripts/run.mjs deploy");
});

test("a secret that is left as in the example opens nothing", () => {
  expect(secrets.map(({ name }) => name)).toEqual(["ADMIN_TOKEN"]);
  for (const { name, value } of secrets) expect(problemOfValue({ [name]: value }, "ADMIN_TOKEN"), name).not.toBe(null);
});

const nameOf = (path: string) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1] ?? path;

test("what a deploy builds and runs imports is in `dependencies`, and no tool of the tests is", () => {
  const entries = [
    "src/worker.ts",
    "src/web/main.tsx",
    "src/web/account.tsx",
    "src/web/status/status.tsx",
    "scripts/build.mjs",
    "scripts/variables.ts",
    "scripts/run.mjs",
  ];
  const reached = entries.flatMap((entry) => [...reachedFrom(join(ROOT, entry)).packages]);
  const packages = new Set(reached.filter((name) => !/^(node|cloudflare):|^[$(]/.test(name)).map(nameOf));
  expect(packages.size).toBeGreaterThan(8);
  for (const name of packages) expect(Object.keys(own.dependencies), name).toContain(name);
  for (const name of ["vitest", "playwright-core", "oxlint", "deno", "ws"])
    expect(own.dependencies).not.toHaveProperty(name);
  expect(textOf(".npmrc")).toMatch(/^omit=dev$/m);
});

test("every package of a deploy is installed from the lock file without those of tests", () => {
  const { packages } = JSON.parse(textOf("package-lock.json")) as {
    packages: Record<string, { readonly dev?: boolean }>;
  };
  for (const name of Object.keys(own.dependencies)) expect(packages[`node_modules/${name}`]?.dev, name).toBe(undefined);
  for (const name of Object.keys(own.devDependencies).filter((one) => existsSync(join(ROOT, "node_modules", one))))
    expect([name, packages[`node_modules/${name}`]]).not.toEqual([name, undefined]);
});
