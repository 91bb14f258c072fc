// Every bundle is shipped with the licences of the third-party packages in it. The source maps and metafiles say which
// those are.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { noticesOf } from "../../scripts/licenses.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

beforeAll(() => void execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: ROOT }));

/** The packages that these files belong to, each with its version. */
function packagesIn(files: readonly string[]): string[] {
  const folders = files.flatMap(
    (file) => /node_modules\/.*/.exec(file)?.[0].match(/^.*node_modules\/(@[^/]+\/)?[^/]+/) ?? [],
  );
  return [...new Set(folders.filter((folder) => folder?.includes("node_modules/")))].map((folder) => {
    const { name, version } = JSON.parse(textOf(`${folder}/package.json`)) as { name: string; version: string };
    return `${name} ${version}`;
  });
}

/** The packages whose licence text is in this file. */
function noticedIn(file: string): string[] {
  return [...textOf(file).matchAll(/={80}\n(.+)\n\n(?=\S)/g)].map(([, name]) => name ?? "");
}

const sourcesOf = (file: string) => (JSON.parse(textOf(`${file}.map`)) as { sources: string[] }).sources;

test.each([
  ["public/shared.js", "public/licenses.txt", "preact"],
  ["public/status.js", "public/licenses.txt", "preact"],
])("every package in %s is in %s, with its licence", (bundle, notices, one) => {
  const packages = packagesIn(sourcesOf(bundle));
  expect(packages.map((name) => name.split(" ")[0])).toContain(one);
  expect(noticedIn(notices)).toEqual(expect.arrayContaining(packages));
});

test("the SDK has no code of others", () => {
  expect(packagesIn(sourcesOf("dist/restante.js"))).toEqual([]);
});

test("every package in the Worker that wrangler builds is in public/licenses.txt", () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-licenses-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const metafile = join(folder, "meta.json");
  const flags = ["deploy", "--dry-run", "--outdir", join(folder, "out"), "--metafile", metafile];
  execFileSync(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...flags], {
    cwd: ROOT,
    stdio: "ignore",
  });
  const { inputs } = JSON.parse(readFileSync(metafile, "utf8")) as { inputs: Record<string, unknown> };
  const packages = packagesIn(Object.keys(inputs));
  expect(packages.length).toBeGreaterThan(10);
  expect(noticedIn("public/licenses.txt")).toEqual(expect.arrayContaining(packages));
});

test("the notices include Swagger UI, which is served unbundled, and the table of Unicode", () => {
  const text = textOf("public/licenses.txt");
  expect(noticedIn("public/licenses.txt").map((name) => name.split(" ")[0])).toEqual(
    expect.arrayContaining(["swagger-ui-dist", "unhomoglyph"]),
  );
  for (const part of ["SmartBear", "Apache License", "UNICODE, INC. LICENSE AGREEMENT"]) expect(text).toContain(part);
  const [first = ""] = textOf("public/api/docs/swagger-ui-bundle.js").split("\n", 1);
  const named = /see (\S+)/.exec(first)?.[1] ?? "nothing";
  expect(textOf(`public/api/docs/${named}`).length).toBeGreaterThan(0);
});

test("a package without a licence text fails the build", () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-licenses-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), `{ "name": "somebodys", "version": "1.0.0", "license": "MIT" }`);
  expect(() => noticesOf([folder], "")).toThrow("somebodys 1.0.0 has no licence text");
  writeFileSync(join(folder, "LICENSE-MIT"), "You may.");
  expect(noticesOf([folder], "")).toContain("somebodys 1.0.0\n\nYou may.");
});

test("the SDK's package has its licence, and no code of others; the web pages link to the notices", () => {
  const { files } = JSON.parse(textOf("dist/package.json")) as { files: string[] };
  expect(files).toContain("LICENSE");
  const maps = files.filter((file) => file.endsWith(".js.map"));
  expect(maps.length).toBeGreaterThan(3);
  expect(maps.flatMap((map) => packagesIn(sourcesOf(`dist/${map.replace(/\.map$/, "")}`)))).toEqual([]);
  for (const file of ["public/index.html", "public/status.html", "public/api/docs.html", "src/web/account.tsx"]) {
    expect(textOf(file)).toContain(`href="/licenses.txt"`);
  }
});
