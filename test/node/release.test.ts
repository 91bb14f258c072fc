// What `npm run release` publishes: what has to agree before it, the folder of the archive, and the Dockerfile. The
// archive itself is packed and tried by the command, because that takes minutes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillArchive, versionOf } from "../../scripts/release/archive.mjs";
import { changelogProblems, goesBackTo } from "../../scripts/release/check-release.mjs";
import { tryArchive } from "../../scripts/release/try-archive.mjs";
import { lintDockerfile } from "../support/lint-dockerfile.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const parent = mkdtempSync(join(tmpdir(), "restante-release-"));
const folder = join(parent, "restante");

beforeAll(async () => {
  process.chdir(ROOT);
  expect(await fillArchive(folder, { isStripped: false })).toBe(true);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("the folder of the archive serves, is operated, backed up and restored with nothing else installed", async () => {
  expect(await tryArchive(folder, versionOf())).toEqual([]);
});

test("the command works through links, and from any folder, without anything in the environment", () => {
  symlinkSync(join(folder, "bin/restante"), join(parent, "absolute"));
  symlinkSync("absolute", join(parent, "relative"));
  for (const [cwd, path] of [
    ["/", join(parent, "relative")],
    [parent, "./absolute"],
    [join(folder, "bin"), "./restante"],
    [join(folder, "bin"), "sh"],
  ] as const) {
    const args = path === "sh" ? ["restante", "version"] : ["version"];
    const { stdout, stderr } = spawnSync(path === "sh" ? "/bin/sh" : path, args, { cwd, env: {}, encoding: "utf8" });
    expect([stdout, stderr], path).toEqual([`${versionOf()}\n`, ""]);
  }
  const { stdout } = spawnSync(join(parent, "absolute"), ["admin", "--help"], { cwd: "/", env: {}, encoding: "utf8" });
  expect(stdout).toMatch(/^restante admin VERB/);
  expect(stdout).not.toContain("npm run");
});

test("the archive has the licences of everything in it, and no file that only a build needs", () => {
  const licenses = readFileSync(join(folder, "LICENSES.txt"), "utf8");
  for (const text of [
    "Node.js is licensed for use as follows",
    "workerd",
    "TERMS AND CONDITIONS FOR USE",
    "hono",
    "preact",
  ])
    expect(licenses).toContain(text);
  expect(readdirSync(folder).toSorted()).toEqual(
    ["CHANGELOG.md", "LICENSE", "LICENSES.txt", "README.md", "bin", "docs", "lib", "share"].toSorted(),
  );
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  expect(files.filter((file) => /node_modules|\.ts$|package-lock/.test(file))).toEqual(["lib/page/restante.d.ts"]);
  for (const file of files.filter((name) => name.startsWith("share/")))
    expect(existsSync(join(ROOT, "docs/selfhost", file.slice("share/".length)))).toBe(true);
  expect(statSync(join(folder, "bin/restante")).mode & 0o777).toBe(0o755);
});

const block = (title: string, before: string) =>
  `# Changelog\n\n## ${title}\n\n### Before you upgrade\n\n${before}\n\n## [0.1.0] - 2026-01-01\n`;
const RIGHT = "- **Not further back than 1.1.0**: it reads what this version writes.";

test("a release has the newest block of the changelog, with its date and how far one can go back", () => {
  expect(changelogProblems(block("[1.2.0] - 2026-12-01", RIGHT), "1.2.0")).toEqual([]);
  const wrong = (text: string, version = "1.2.0") => changelogProblems(text, version).join();
  expect(wrong(block("[Unreleased]", RIGHT))).toMatch(/newest block.*"\[Unreleased\]"/);
  expect(wrong(block("[1.2.0]", RIGHT))).toMatch(/must be "\[1\.2\.0\] - DATE"/);
  expect(wrong(block("[1.2.0] - 2026-12-01", RIGHT), "1.3.0")).toMatch(/is 1\.2\.0, package\.json has 1\.3\.0/);
  expect(wrong(block("[1.2.0] - 2026-12-01", "- Nothing."))).toMatch(/Not further back than/);
  expect(wrong(block("[1.2.0] - 2026-12-01", "").replace("### Before you upgrade", `### Changed\n\n${RIGHT}`))).toMatch(
    /Not further back than/,
  );
});

test("the newest block of CHANGELOG.md says how far one can go back", () => {
  const [, newest = ""] = textOf("CHANGELOG.md").split(/^## .*$/m);
  expect(goesBackTo(newest)).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the command stops at a wrong tree and at wrong flags, and says what it does", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/run.mjs", "release", ...args], { cwd: ROOT, encoding: "utf8" });
  expect(run("--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/--draft/) });
  expect(run("--frob")).toMatchObject({ status: 2 });
});

test("the Dockerfile keeps our rules: this checks them alone, hadolint has more", () => {
  expect(lintDockerfile(textOf("docs/selfhost/Dockerfile"))).toEqual([]);
});

test.each([
  ["a foreign image", "FROM debian:stable-slim\n", "FROM ubuntu\n"],
  ["an image without a tag", "FROM debian:stable-slim\n", "FROM debian\n"],
  ["root", "USER 10001:10001", "USER root"],
  ["no user", "USER 10001:10001\n", ""],
  ["no volume", "VOLUME /var/lib/restante\n", ""],
  ["no health check", "HEALTHCHECK", "LABEL"],
  [
    "a shell as the first process",
    'ENTRYPOINT ["/opt/restante/bin/restante"]',
    "ENTRYPOINT /opt/restante/bin/restante",
  ],
  ["recommended packages", "--no-install-recommends ", ""],
  ["lists that stay in the layer", "  && rm -rf /var/lib/apt/lists/* \\\n", ""],
  ["variables that are not taken", '"--env-all"', '"--check"'],
  ["a secret in the image", "EXPOSE 8787", "ENV ADMIN_TOKEN=secret\nEXPOSE 8787"],
  ["a file of the internet", "ADD restante-", "ADD https://example.com/restante-"],
  ["an unknown instruction", "EXPOSE 8787", "EXPOSES 8787"],
])("the check of the Dockerfile finds %s", (_, from, to) => {
  const text = textOf("docs/selfhost/Dockerfile");
  expect(text).toContain(from);
  expect(lintDockerfile(text.replace(from, to))).not.toEqual([]);
});
