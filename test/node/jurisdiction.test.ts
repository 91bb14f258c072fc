// A deployment in another jurisdiction uses other namespaces, and so other mailboxes; `npm run deploy` warns before it
// changes them.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { deployedJurisdiction, warningOf } from "../../scripts/deploy.mjs";
import { withJurisdiction } from "../../src/protocol/jurisdiction.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A namespace that carries its name and jurisdiction. */
const space = (name: string) => ({ name, jurisdiction: (where: string) => ({ name: `${name} in ${where}` }) });
const spaces = () => ({
  MAILBOX: space("MAILBOX"),
  CENSUS: space("CENSUS"),
  REGISTRY: space("REGISTRY"),
  AUTH: "open",
});

test("JURISDICTION applies to every namespace, and without it the namespaces are unchanged", () => {
  const world = spaces();
  expect(withJurisdiction(world)).toBe(world);
  const there = withJurisdiction({ ...world, JURISDICTION: "eu" });
  expect(there).toMatchObject({
    MAILBOX: { name: "MAILBOX in eu" },
    CENSUS: { name: "CENSUS in eu" },
    REGISTRY: { name: "REGISTRY in eu" },
    AUTH: "open",
  });
});

const deployedOnce = { json: { versions: [{ version_id: "v7" }] } };

/** The output of wrangler 4.155 for the two commands, as far as it is used. */
const answers = (...bindings: object[]) => {
  const asked: string[][] = [];
  const ask = (args: string[]) => {
    asked.push(args);
    return Promise.resolve(
      args[0] === "deployments"
        ? { json: { id: "d1", versions: [{ version_id: "v7", percentage: 100 }] } }
        : { json: { id: "v7", resources: { bindings: [{ name: "AUTH", text: "accounts" }, ...bindings] } } },
    );
  };
  return { ask, asked };
};

test("the jurisdiction is read from the deployed version", async () => {
  const eu = answers({ type: "plain_text", name: "JURISDICTION", text: "eu" });
  expect(await deployedJurisdiction(eu.ask, ["--name", "chat"])).toBe("eu");
  expect(eu.asked).toEqual([
    ["deployments", "status", "--json", "--name", "chat"],
    ["versions", "view", "v7", "--json", "--name", "chat"],
  ]);
  expect(await deployedJurisdiction(answers().ask)).toBe("");
});

test("before the first deploy there is nothing to compare with", async () => {
  const none = "✘ [ERROR] A request to the Cloudflare API failed.\n  This Worker does not exist. [code: 10007]";
  expect(await deployedJurisdiction(() => Promise.resolve({ failed: none }))).toBe(null);
  expect(warningOf(null, "eu")).toBe(null);
});

test.each([
  ["the account can't be asked", [{ failed: "You are not authenticated. [code: 10000]\n" }], "not authenticated"],
  ["the network fails", [{ failed: "fetch failed" }], "fetch failed"],
  ["the version can't be read", [deployedOnce, { failed: "Bad gateway" }], "Bad gateway"],
  ["the output has another form", [{ json: {} }], "no version"],
  ["the version has no bindings", [deployedOnce, { json: {} }], "no bindings"],
] as const)("the deploy stops where %s", async (_, outputs, reason) => {
  const left: object[] = [...outputs];
  const deployed = await deployedJurisdiction(() => Promise.resolve(left.shift()));
  expect(warningOf(deployed, "")).toMatch(new RegExp(`can't be read[\\s\\S]*${reason}[\\s\\S]*--change-jurisdiction`));
});

test("the deploy warns only if it would change the mailboxes", () => {
  expect(warningOf(null, "eu")).toBe(null);
  expect(warningOf("", "")).toBe(null);
  expect(warningOf("eu", "eu")).toBe(null);
  expect(warningOf("", "eu")).toMatch(/no jurisdiction.*the jurisdiction eu[\s\S]*empty[\s\S]*--change-jurisdiction/);
  expect(warningOf("eu", "")).toMatch(/the jurisdiction eu.*no jurisdiction/);
});

test("the deploy's help names --change-jurisdiction", () => {
  const { stdout, status } = spawnSync(process.execPath, ["scripts/run.mjs", "deploy", "--help"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toContain("--change-jurisdiction");
});
