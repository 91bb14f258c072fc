// A typing error in a variable stops every command that starts a server, before anything is built or served.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const RUN = resolve(import.meta.dirname, "../../scripts/run.mjs");
const folder = mkdtempSync(join(tmpdir(), "restante-variables-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [RUN, ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  return new Promise((done) => child.once("close", (code) => done({ code, output })));
}

/** Writes a configuration for one test; returns its path. */
function configured(vars: string, secrets = ""): string {
  const own = mkdtempSync(join(folder, "config-"));
  const head = `name = "restante"\nmain = "worker.ts"\ncompatibility_date = "2026-10-23"\n`;
  writeFileSync(join(own, "wrangler.toml"), `${head}[vars]\nAUTH = "accounts"\n${vars}`);
  writeFileSync(join(own, ".dev.vars"), secrets);
  return join(own, "wrangler.toml");
}

const state = ["--state", join(folder, "state")];

test.each([
  [
    "selfhost",
    ["selfhost", ...state, "--var", "REGISTATION:invite"],
    "There is no variable REGISTATION; did you mean REGISTRATION?",
  ],
  ["selfhost", ["selfhost", ...state, "--var", "RETENTION_DAYS:ten"], `RETENTION_DAYS is "ten"`],
  ["selfhost", ["selfhost", ...state, "--var", "ALLOWED_ORIGINS:app.example.com"], "https://app.example.com?"],
  ["start", ["start", "--port", "0", "--var", "OPEN_ANYWHERE:true", "RATE_LIMIT:of"], `RATE_LIMIT is "of"`],
  ["start", ["start", "--port", "0", "--var=SENDBURST:5"], "did you mean SEND_BURST?"],
  ["deploy", ["deploy", "--dry-run", "--var", "JURISDICTION:us"], `JURISDICTION is "us"`],
])("npm run %s with %j reports the error and starts nothing", async (_, args, message) => {
  const { code, output } = await run(...args);
  expect(output).toContain(message);
  expect(output).toContain("docs/VARIABLES.md has a table of all variables. Nothing was started.");
  expect(code).toBe(args[0] === "selfhost" ? 2 : 1);
});

test("wrangler.toml and .dev.vars are checked too, except for variables of other programs in .dev.vars", async () => {
  const config = configured(`BACKLOGS = 5\n`, "ADMIN_TOKEN=short\nCLOUDFLARE_API_TOKEN=secret\n");
  const { code, output } = await run("start", "--port", "0", "--config", config);
  expect(output).toContain("There is no variable BACKLOGS; did you mean BACKLOG?");
  expect(output).toContain("ADMIN_TOKEN needs at least 32 characters");
  expect(output).not.toContain("CLOUDFLARE_API_TOKEN");
  expect(code).toBe(1);
});
