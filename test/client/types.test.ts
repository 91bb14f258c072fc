// The tripwire of the SDK's public types, as test/protocol/wire.json is one of the wire: they can't change unnoticed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { publicTypes } from "../../scripts/flat-types.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FILE = join(import.meta.dirname, "public-types.txt");

const MEANING = `The SDK's public types are not as test/client/public-types.txt says. If an application that compiled may no longer
compile, the next version is a major one (before 1.0 a minor one). If something is only added, it is a minor one (before 1.0 a patch). Names
of types that are not exported are free. docs/RELEASES.md has the rules. Say it in CHANGELOG.md, and write the file anew:
UPDATE_TYPES=1 npm test -- client/types`;

test("the SDK's public types are as public-types.txt says", () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags = ["-p", "tsconfig.sdk.json", "--removeComments", "--outDir", folder];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags], { cwd: ROOT, encoding: "utf8" });
  expect(status, stdout).toBe(0);
  const types = publicTypes(join(folder, "client/connect.d.ts"));
  if (process.env["UPDATE_TYPES"] !== undefined) writeFileSync(FILE, types);
  expect(types, MEANING).toBe(readFileSync(FILE, "utf8"));
});
