// What is in the package: files, documents and types, as an application finds them after `npm install`.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage, ENTRIES } from "../../scripts/package.mjs";
import { type Project, projectWithPackage, ROOT } from "../support/installed-package.ts";

let project: Project;
const textOf = (file: string) => readFileSync(join(project.home, file), "utf8");

beforeAll(async () => {
  project = await projectWithPackage();
  project.link("react", "@types/react");
});

afterAll(() => project.remove());

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, unknown>>;
}

test("package.json of the package has every file that it names, and nothing of the repository's commands", () => {
  const manifest = JSON.parse(textOf("package.json")) as Manifest;
  const repository = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  expect(manifest).not.toHaveProperty("scripts");
  expect(manifest).not.toHaveProperty("devDependencies");
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("private");
  expect(manifest.version).toBe(repository.version);
  expect([manifest.engines.node, repository.engines.node]).toEqual([">=22", ">=20"]);
  const named = [...JSON.stringify(manifest.exports).matchAll(/"\.\/([^"]+\.[^"]+)"/g)].map(([, file]) => file ?? "");
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((file) => !existsSync(join(project.home, file)))).toEqual([]);
});

test("an entry point of the build is one of `exports`", () => {
  const { exports } = JSON.parse(textOf("package.json")) as Manifest;
  const paths = ENTRIES.flatMap(({ name }) => (name === "restante" ? [".", "./min"] : [`./${name}`]));
  expect(Object.keys(exports).toSorted()).toEqual([...paths, "./package.json"].toSorted());
});

test("the documents link to nothing that is not in the package", () => {
  const documents = readdirSync(project.home).filter((file) => file.endsWith(".md"));
  expect(documents.toSorted()).toEqual(["README.md", "SDK.md"]);
  const targets = documents.flatMap((file) => [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to));
  const inside = targets.filter((target) => !/^(https:|#)/.test(target)).map((target) => target.replace(/#.*/, ""));
  expect(inside).toContain("SDK.md");
  expect(inside.filter((file) => !existsSync(join(project.home, file)))).toEqual([]);
});

test("the licence is in the package", () => {
  expect(textOf("LICENSE")).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
});

test("every module has a map of its sources, which are inside the package", () => {
  const modules = readdirSync(project.home).filter((file) => file.endsWith(".js"));
  expect(modules.length).toBe(ENTRIES.length + 1);
  for (const file of modules) {
    expect(textOf(file)).toContain(`//# sourceMappingURL=${file}.map`);
    const { sources, sourcesContent } = JSON.parse(textOf(`${file}.map`)) as Record<string, string[]>;
    expect(sources?.length).toBe(sourcesContent?.length);
    expect(sources?.filter((source) => source.startsWith(".."))).toEqual([]);
  }
});

const SIZES = /(?<=<!-- sizes -->\n\n)[\s\S]*?(?=\n<!-- \/sizes -->)/;

test("each entry point is within its limit, and as large as docs/SDK.md says", async () => {
  const file = join(ROOT, "docs/SDK.md");
  const { sizes } = await buildPackage();
  const rows = ENTRIES.map(({ name, maxBytes }) => {
    const bytes = sizes.get(name) ?? Infinity;
    expect(bytes, name).toBeLessThanOrEqual(maxBytes);
    return { path: name === "restante" ? name : `restante/${name}`, kB: bytes / 1_000, maxBytes };
  });
  if (process.env["UPDATE_SIZES"] !== undefined) {
    const lines = rows.map(
      ({ path, kB, maxBytes }) => `- \`${path}\`: ${kB.toFixed(1)} kB (limit ${maxBytes / 1_000} kB)`,
    );
    writeFileSync(file, readFileSync(file, "utf8").replace(SIZES, `${lines.join("\n")}\n`));
  }
  const [written = ""] = SIZES.exec(readFileSync(file, "utf8")) ?? [];
  const said = [...written.matchAll(/^- `(.*)`: ([\d.]+) kB \(limit ([\d.]+) kB\)$/gm)];
  expect(said.map(([, path, , limit]) => [path, Number(limit)])).toEqual(
    rows.map(({ path, maxBytes }) => [path, maxBytes / 1_000]),
  );
  // To a fifth of a kB, so that not every change of the SDK is one of the documents. UPDATE_SIZES=1 writes them anew.
  for (const [i, { path, kB }] of rows.entries()) expect(Math.abs(Number(said[i]?.[2]) - kB), path).toBeLessThan(0.2);
});

const APPLICATION = `
import { connect, memoryStore, type Message, type Restante } from "restante";
import { nodeStore } from "restante/node";
import { useRestante, useThread } from "restante/react";
import { type FakeServer, fakeServer } from "restante/testing";
export function Last(): string {
  const { messages } = useThread("bob");
  return \`\${useRestante(null)?.user}: \${messages.at(-1)?.body}\`;
}
const server: FakeServer = fakeServer({ requests: true });
const { WebSocket, fetch } = server;
const store = nodeStore("bot.db", { maxMessages: 10 });
export const bot = connect({ url: "http://localhost:8787", userName: "bot", store, WebSocket, fetch });
export async function answer(): Promise<void> {
  for await (const message of bot.messages) bot.send(message.from, "", { inReplyTo: message, key: "1" });
}
export async function main(): Promise<void> {
  const me: Restante = connect({ url: "http://localhost:8787", userName: "alice", store: memoryStore(), since: "now" });
  const { is } = await me.send("bob", { text: "hi", list: [1, null] }).reached("stored");
  const words: "sending" | "queued" | "stored" | "delivered" | "read" | "failed" = is;
  const last: Message | undefined = me.messages.with("bob").value.at(-1);
  for await (const { from, body } of me.messages) console.log(from satisfies string, body satisfies unknown, words, last);
  // @ts-expect-error -- A body is JSON.
  me.send("bob", () => 1);
}
`;

// The resolutions of applications: modules and CommonJS on Node.js, by the rules of several versions, and bundlers.
test.each([
  [["app.mts", "app.cts"], "nodenext", "nodenext"],
  [["app.mts", "app.cts"], "node16", "node16"],
  [["app.cts"], "node20", "node16"],
  [["app.ts"], "preserve", "bundler"],
])("%s compiles with module %s and moduleResolution %s", async (files, module, moduleResolution) => {
  for (const file of files) project.write(file, APPLICATION);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  const flags = [...strict, "--noEmit", "--target", "es2024", "--lib", "es2024,dom", "--types", "", "--ignoreConfig"];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, ...flags, "--module", module, "--moduleResolution", moduleResolution, ...files];
  // The compiler prints what is wrong; where nothing is, nothing.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.folder }).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(stdout).toBe("");
});

test("an uncaught error shows the line that threw it, and not a whole bundle", async () => {
  project.write(
    "uncaught.mjs",
    `import { connect } from "restante";\nconnect({ url: "http://localhost", userName: "!" });\n`,
  );
  const failed = promisify(execFile)(process.execPath, ["uncaught.mjs"], { cwd: project.folder });
  const { stderr } = await failed.then(
    () => ({ stderr: "" }),
    (error: { readonly stderr: string }) => error,
  );
  expect(stderr).toContain("TypeError");
  const lines = stderr.split("\n");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(240);
  const shown = lines[1] ?? "";
  expect(shown).toContain("throw new TypeError(");
  expect(textOf("restante.js").includes(shown)).toBe(true);
  expect(stderr).toMatch(/at \w+.* \(.*restante\.js:\d+:\d+\)/);
});
