// The code of README, the guide, the package's README and llms.txt, against the installed package: every block compiles,
// every name in the prose exists, and what can run runs. Blocks that are parts of an example are tested with it.
import { execFile, spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { timesOf } from "../../src/client/timing.ts";
import { type Project, projectWithPackage, ROOT } from "../support/installed-package.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";
import { open } from "../support/tcp-devices.ts";

const run = promisify(execFile);
const DOCUMENTS = ["README.md", "docs/SDK.md", "docs/PACKAGE.md", "docs/llms.txt"];
const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");
const guide = textOf("docs/SDK.md");

let project: Project;
let openServer: Server;
let server: Server;

beforeAll(async () => {
  const variables = { AUTH: "accounts", REQUESTS: "off" };
  [project, openServer, server] = await Promise.all([projectWithPackage(), startServer(OPEN), startServer(variables)]);
  project.link("zod", "react", "@types/react", "@types/node", "csstype", "undici-types");
  project.write("words.ts", WORDS);
});

afterAll(async () => {
  project?.remove();
  await Promise.all([openServer?.stop(), server?.stop()]);
});

/** What the documents leave to their readers. */
const WORDS = `import type { Message, Restante, SentMessage } from "restante";
declare global {
  const url: string;
  const userName: string;
  const token: string;
  const me: Restante;
  const client: Restante;
  const sent: SentMessage;
  const thread: ReturnType<Restante["messages"]["with"]>;
  const connect: typeof import("restante").connect;
  const z: typeof import("zod").z;
  const useSyncExternalStore: typeof import("react").useSyncExternalStore;
  const answerTo: (message: Message) => Promise<string>;
  const showOtherWindow: () => void;
  const warn: (sentence: string) => void;
}
`;

/** The formatter indents a part of a file as a file of its own. */
const flat = (text: string) => text.replaceAll(/^ +/gm, "");
const examples = globSync("examples/*/{*,src/*}.{ts,tsx}", { cwd: ROOT }).map((file) => flat(textOf(file)));
const isOfExample = (code: string) => examples.some((text) => text.includes(flat(code)));

/** The blocks of TypeScript and JavaScript of a document. */
function blocksOf(document: string): string[] {
  return [...textOf(document).matchAll(/^```(?:tsx?|js)\n(.*?)^```/gms)].map(([, code = ""]) => code);
}

/** The first block of a chapter of the guide. */
function blockOf(title: string): string {
  const [, code = ""] = new RegExp(`\\n##+ ${title}\\n.*?\`\`\`ts\\n(.*?)\`\`\``, "s").exec(guide) ?? [];
  expect(code).not.toBe("");
  return code;
}

/** Compiles files of the project; resolves with the compiler's complaints. */
async function complaintsAbout(...files: readonly string[]): Promise<string> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags =
    "--ignoreConfig --strict --exactOptionalPropertyTypes --noEmit --skipLibCheck --target es2024 --jsx react-jsx";
  const modules = "--module esnext --moduleResolution bundler --lib es2024,dom,dom.iterable --types node";
  const args = [tsc, ...flags.split(" "), ...modules.split(" "), "words.ts", ...files];
  return run(process.execPath, args, { cwd: project.folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

test("every block of code compiles with the types of the package", async () => {
  const blocks = DOCUMENTS.flatMap((path) => blocksOf(path).filter((code) => !isOfExample(code)));
  expect(blocks.length).toBeGreaterThan(9);
  const files = blocks.map((code, index) => {
    const name = `block-${index}.tsx`;
    project.write(name, `${code}\nexport {};\n`);
    return name;
  });
  expect(await complaintsAbout(...files)).toBe("");
});

test("a block with a fault does not compile", async () => {
  project.write("fault.ts", `me.send("bob", () => 1);\nme.sendTo("bob");\nexport {};\n`);
  expect((await complaintsAbout("fault.ts")).match(/error TS/g)).toHaveLength(2);
});

/** Code within sentences, such as `me.send(to, body)`. */
const inline = DOCUMENTS.flatMap((path) => [...textOf(path).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code));

/** The methods that the list under this sentence has, such as `devices()`. */
function methodsUnder(sentence: string): string[] {
  const [, list = ""] = new RegExp(`${sentence}\n\n(.*?)\n\n`, "s").exec(guide) ?? [];
  return [...list.matchAll(/`(\w+)\(/g)].map(([, name = ""]) => name);
}

/** The words with which the entries of the list under this sentence begin. */
function wordsUnder(sentence: string): string[] {
  const [, list = ""] = new RegExp(`${sentence}\n\n(.*?)\n\n`, "s").exec(guide) ?? [];
  return [...list.matchAll(/^- `(\w+)`: /gm)].map(([, name = ""]) => name);
}

test("every property and method that a sentence names exists, and the lists of the guide are complete", async () => {
  const paths = inline.flatMap((code) => /^(?:me|client|sent|thread)(?:\.\w+)+/.exec(code)?.[0] ?? []);
  expect(new Set(paths).size).toBeGreaterThan(20);
  const lists: readonly [string, string, readonly string[]][] = [
    ["Account", "keyof Account", methodsUnder("Methods of `me.account`:")],
    ["People", "keyof People", methodsUnder("Methods of `me.people`:")],
    ["Memory", "MemoryReason", wordsUnder("Show it to the user. The reasons:")],
    ["Options", "keyof Options", [...optionsOfGuide()]],
    ["Timing", "keyof Timing", Object.keys(timingOfGuide())],
  ];
  const checks = lists.map(([name, type, names]) => {
    const listed = names.map((one) => JSON.stringify(one)).join(" | ");
    return `const names${name}: Same<${type}, ${listed || "never"}> = true;`;
  });
  project.write(
    "named.ts",
    `import type { Account, MemoryReason, Options, People, Timing } from "restante";
type Same<A, B> = [Exclude<A, B>, Exclude<B, A>] extends [never, never] ? true : [Exclude<A, B>, Exclude<B, A>];
${checks.join("\n")}
${paths.map((path) => `void ${path};`).join("\n")}
export { ${lists.map(([name]) => `names${name}`).join(", ")} };
`,
  );
  expect(await complaintsAbout("named.ts")).toBe("");
});

/** The options of `connect` that the guide names in its chapter on options. */
function optionsOfGuide(): Set<string> {
  const [, beside = "", list = ""] = /\n## Options\n\nOf `connect`, (.*?):\n\n(.*?)\n## /s.exec(guide) ?? [];
  const names = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  return new Set([...names(beside), ...[...list.matchAll(/^- `(\w+)`/gm)].map(([, name = ""]) => name)]);
}

/** The names and defaults of `timing` in the guide. */
function timingOfGuide(): Record<string, number> {
  const [, sentence = ""] = /\n- `timing`: (.*?)\n- /s.exec(guide) ?? [];
  const [, , ms = ""] = /(`requestMs` and `tokenMs`), ([\d,]+) each/.exec(sentence) ?? [];
  const pairs = [...sentence.matchAll(/`(\w+Ms)` ([\d,]+)/g)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  const all = [...pairs, ["requestMs", ms] as const, ["tokenMs", ms] as const];
  return Object.fromEntries(all.map(([name, value]) => [name, Number(value.replaceAll(",", ""))]));
}

test("the defaults of `timing` are those of the guide", () => {
  expect(timingOfGuide()).toEqual(timesOf());
});

test("the hooks that the guide names are those of the package", async () => {
  project.write("hooks.mjs", `console.log(Object.keys(await import("restante/react")).join(" "));`);
  const exported = (await project.output(process.execPath, ["hooks.mjs"])).trim().split(" ");
  const [chapter = ""] = /\n## React\n.*?(?=\n## )/s.exec(guide) ?? [];
  const named = [...chapter.matchAll(/`(use[A-Z]\w+)/g)].map(([, name = ""]) => name);
  expect([...new Set(named), "RestanteProvider"].toSorted()).toEqual(exported.toSorted());
});

/** Runs a program until it has printed a line that holds this text. */
async function until(file: string, text: string, act: () => void | Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [file], { cwd: project.folder });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  child.stderr.on("data", (data) => (printed += String(data)));
  const reading = (async () => {
    for await (const data of child.stdout) if ((printed += String(data)).includes(text)) return;
    throw new Error(`It ended: ${printed}`);
  })();
  await act();
  await reading;
}

test.each([
  ["the guide", blockOf("Quick start"), "quick"],
  ["the package's README", blocksOf("docs/PACKAGE.md")[0] ?? "", "packed"],
])("the first program of %s runs: it sends, receives and reads", async (_, code, mark) => {
  expect(code).toContain('url: "https://chat.example", userName: "alice"');
  const own = code.replaceAll("https://chat.example", openServer.url).replaceAll(/"(alice|bob)"/g, `"$1-${mark}"`);
  project.write(`${mark}.mjs`, own);
  const bob = await open(openServer.url, `bob-${mark}`);
  await until(`${mark}.mjs`, `bob-${mark} hi`, async () => {
    const { seq, body } = await bob.until("message");
    expect(body).toBe("hello");
    bob.send({ type: "ack", seq }, { type: "send", id: 1, to: `alice-${mark}`, body: "hi" });
  });
  await bob.mark("read");
});

test("the program of the chapter on accounts runs: a claimed name, and a second device by a code", async () => {
  const code = blockOf("Accounts").replace("http://localhost:8787", server.url);
  expect(code).toContain(server.url);
  const end = `console.log(other.userName, (await me.account.devices()).length, typeof recoveryCode);\nawait me.close();\n`;
  project.write("accounts.mjs", `${code}${end}`);
  expect(await project.output(process.execPath, ["accounts.mjs"])).toBe("alice 2 string\n");
});

/** A client of the server in memory, and the functions that the blocks call. */
const SCENE = `import { connect, memoryStore } from "restante";
import { fakeServer } from "restante/testing";
import { z } from "zod";
const server = fakeServer();
const { WebSocket, fetch } = server;
Object.assign(globalThis, { WebSocket, fetch });
const url = "https://chat.test", userName = "alice";
const showOtherWindow = () => console.log("other window");
const warn = (sentence) => console.log(sentence);
`;
const CLIENT = `const me = connect({ url, userName });\n`;

test.each([
  [
    "Connections",
    CLIENT,
    `await me.send("bob", 1).reached("stored");\nserver.close("alice", 4409, "replaced");`,
    "other window\n",
  ],
  ["The store", CLIENT, "", "What you write is lost when you close this page.\n"],
  [
    "Bodies",
    "",
    `console.log(me.send("bob", { id: "x" }).state.value.code, me.send("bob", { id: 1 }).state.value.is);`,
    "bad_body sending\n",
  ],
])("the block of the chapter %s does what it says", async (title, before, after, printed) => {
  project.write(
    "scene.mjs",
    `${SCENE}${before}${blockOf(title)}${after}\nawait new Promise(setImmediate);\nawait me.close();\n`,
  );
  expect(await project.output(process.execPath, ["scene.mjs"])).toBe(printed);
});

test("the code of SDK.md's chapter on testing runs as it is", async () => {
  const code = blockOf("Testing");
  const refused = `reached("stored"); // rejects with the code \`declined\``;
  expect(code).toContain(refused);
  const caught = code.replace(refused, `reached("stored").catch((error) => console.log(error.code));`);
  const end = `await new Promise(setImmediate);
console.log(alice.connection.value.reason, server.messages("alice").map(({ body }) => body));
await alice.close();
`;
  project.write("testing.mjs", `${caught}${end}`);
  const bodies = "[ 'hello', 'hello, alice', 'hello', 'back' ]";
  expect(await project.output(process.execPath, ["testing.mjs"])).toBe(`declined\nsuspended ${bodies}\n`);
});

test("the program of llms.txt runs as it is, and again", async () => {
  const [code = ""] = blocksOf("docs/llms.txt");
  expect(code).toContain('"http://localhost:8787"');
  const text = code.replace("http://localhost:8787", openServer.url).replaceAll(/"(alice|bob)"/g, '"$1-llms"');
  project.write("llms.mjs", text);
  for (const _ of ["first", "again"])
    expect(await project.output(process.execPath, ["llms.mjs"])).toBe("alice-llms { text: 'hello' }\n{ is: 'read' }\n");
});
