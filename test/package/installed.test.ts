// The installed package in the projects of applications, each with a real exchange over a real server: modules and
// CommonJS on Node.js, a module system of its own such as Jest's, bundlers, Deno, a Worker; and README's example.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { build as buildWithVite } from "vite";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Project, projectWithPackage, ROOT } from "../support/installed-package.ts";
import { type Server, startServer, startWorker } from "../support/servers.ts";
import { open } from "../support/tcp-devices.ts";

const DENO = join(ROOT, "node_modules/.bin/deno");

let project: Project;
let server: Server;

beforeAll(async () => {
  [project, server] = await Promise.all([projectWithPackage(), startServer()]);
});

afterAll(async () => {
  project?.remove();
  await server?.stop();
});

/** What every program does: a message there, and an answer back. */
const EXCHANGE = `
async function exchange({ connect }, url, mark) {
  const alice = connect({ url, userName: "alice-" + mark });
  const bob = connect({ url, userName: "bob-" + mark });
  const words = [];
  const sent = alice.send(bob.user, { text: "hello" });
  for await (const { from, body } of bob.messages) {
    words.push(from, body.text);
    bob.read(from);
    break;
  }
  words.push((await sent.reached("read")).is);
  await Promise.all([alice.close(), bob.close()]);
  return words.join(" ");
}
`;
const expected = (mark: string) => `alice-${mark} hello read`;

/** Runs a program of the project, which is given the server and a mark for its names; resolves with its output. */
async function played(program: string, flags: readonly string[], mark: string): Promise<string> {
  return (await project.output(program, [...flags, server.url, mark])).trim();
}

const IMPORTING = (path: string) => `import process from "node:process";
import * as sdk from "${path}";
${EXCHANGE}
const [, , url, mark] = process.argv;
console.log(await exchange(sdk, url, mark));
`;

test.each([
  ["import", "restante"],
  ["import-min", "restante/min"],
])("a module on Node.js: %s", async (mark, path) => {
  project.write(`${mark}.mjs`, IMPORTING(path));
  expect(await played(process.execPath, [`${mark}.mjs`], mark)).toBe(expected(mark));
});

const REQUIRING = `const sdk = require("restante");
${EXCHANGE}
const [, , url, mark] = process.argv;
exchange(sdk, url, mark).then(console.log);
`;

// The second is Node.js 22.0 to 22.11, and 20: `require` of a module throws there.
test.each([
  ["require", []],
  ["require-without-modules", ["--no-experimental-require-module"]],
])("CommonJS on Node.js: %s", async (mark, flags) => {
  project.write("require.cjs", REQUIRING);
  expect(await played(process.execPath, [...flags, "require.cjs"], mark)).toBe(expected(mark));
});

test("a process that both imports and requires it has it once", async () => {
  const text = `import { createRequire } from "node:module";
import * as imported from "restante";
const required = createRequire(import.meta.url)("restante");
console.log(required.Refused === imported.Refused, required.connect === imported.connect);
`;
  project.write("both.mjs", text);
  expect(await project.output(process.execPath, ["both.mjs"])).toBe("true true\n");
});

// As Jest 30.5 does, which was tried: it knows no condition of Node.js's but `require`, and runs the file as a function
// in a context of its own. Without a CommonJS file it says "Must use import to load ES Module".
test("the file for `require` runs in a module system that knows no other modules", async () => {
  const text = `const { readFileSync } = require("node:fs");
const vm = require("node:vm");
const manifest = JSON.parse(readFileSync("node_modules/restante/package.json", "utf8"));
const file = require("node:path").join("node_modules/restante", manifest.exports["."].require.default);
const names = ["WebSocket", "fetch", "crypto", "URL", "URLSearchParams", "AbortController", "AbortSignal", "TextEncoder", "EventTarget",
  "performance", "console", "structuredClone", "queueMicrotask", "setTimeout", "clearTimeout"];
const parsingContext = vm.createContext(Object.fromEntries(names.map((name) => [name, globalThis[name]])));
const loaded = { exports: {} };
const parameters = ["module", "exports", "require"];
vm.compileFunction(readFileSync(file, "utf8"), parameters, { filename: file, parsingContext })(loaded, loaded.exports, require);
const sdk = loaded.exports;
${EXCHANGE}
const [, , url, mark] = process.argv;
exchange(sdk, url, mark).then(console.log);
`;
  project.write("own-modules.cjs", text);
  expect(await played(process.execPath, ["own-modules.cjs"], "vm")).toBe(expected("vm"));
});

// In a unit test of an application. The store and the fake server are of the same package as `connect`: in CommonJS, too.
const ENTRIES = `
async function play({ connect, Refused }, { nodeStore }, { fakeServer }, file) {
  const { WebSocket, fetch } = fakeServer();
  const options = { url: "http://chat.test", WebSocket, fetch };
  const alice = connect({ ...options, userName: "alice" });
  const bot = connect({ ...options, userName: "bot", store: nodeStore(file) });
  alice.send("bot", "one");
  const words = [];
  for await (const message of bot.messages) {
    await bot.send(message.from, "two", { inReplyTo: message }).reached("stored");
    words.push(message.body);
    break;
  }
  await alice.account.devices().catch((error) => words.push(error instanceof Refused));
  await Promise.all([alice.close(), bot.close()]);
  console.log(words.join(" "));
}
`;

test("`restante/node` and `restante/testing`, imported and required", async () => {
  const names = ["restante", "restante/node", "restante/testing"];
  const imported = names.map((name) => `await import("${name}")`);
  const required = names.map((name) => `require("${name}")`);
  project.write("entries.mjs", `${ENTRIES}play(${imported.join(", ")}, "imported.db");`);
  project.write("entries.cjs", `${ENTRIES}play(${required.join(", ")}, "required.db");`);
  expect(await project.output(process.execPath, ["entries.mjs"])).toBe("one true\n");
  expect(await project.output(process.execPath, ["entries.cjs"])).toBe("one true\n");
  const flags = ["--no-experimental-require-module", "entries.cjs"];
  expect(await project.output(process.execPath, flags)).toBe("one true\n");
});

// As in Node.js before 22.13: there SQLite is behind a flag, or not there.
test.each([
  ["imported", `await import("restante/node")`, "no-sqlite.mjs"],
  ["required", `require("restante/node")`, "no-sqlite.cjs"],
])("where there is no node:sqlite, nodeStore says which Node.js has it: %s", async (_, load, file) => {
  const text = `try {\n  nodeStore("bot.db");\n} catch (error) {\n  console.log(error.message);\n}\n`;
  project.write(file, `const { nodeStore } = ${load};\n${text}`);
  expect(await project.output(process.execPath, ["--no-experimental-sqlite", file])).toBe(
    `nodeStore needs node:sqlite, of Node.js 22.13, 23.4 or newer. This is ${process.version}.\n`,
  );
});

test("`restante/react`, imported and required, asks for React and no second core", async () => {
  project.link("react");
  const print = (load: string) => `const hooks = ${load};\nconsole.log(Object.keys(hooks).includes("useThread"));\n`;
  project.write("react.mjs", print(`await import("restante/react")`));
  project.write("react.cjs", print(`require("restante/react")`));
  for (const args of [["react.mjs"], ["react.cjs"], ["--no-experimental-require-module", "react.cjs"]])
    expect(await project.output(process.execPath, args)).toBe("true\n");
  const text = (file: string) => readFileSync(join(project.home, file), "utf8");
  for (const file of ["react.js", "react.cjs"]) {
    expect(text(file).startsWith(`"use client";`)).toBe(true);
    expect(text(file)).not.toContain("IndexedDB");
    expect(text(file)).toContain(`"./restante${file.slice("react".length)}"`);
  }
});

test("a bundle of esbuild's, and only the parts that are used", async () => {
  project.write("bundled.mjs", IMPORTING("restante"));
  project.write("unused.mjs", `import { Refused } from "restante";\nconsole.log(Refused.name);\n`);
  const options = { bundle: true, format: "esm", external: ["node:*"], outdir: "built", absWorkingDir: project.folder };
  await build({ ...options, format: "esm", entryPoints: ["bundled.mjs", "unused.mjs"] });
  expect(await played(process.execPath, ["built/bundled.js"], "esbuild")).toBe(expected("esbuild"));
  expect(await project.output(process.execPath, ["built/unused.js"])).toBe("Refused\n");
  expect(readFileSync(join(project.folder, "built/unused.js"), "utf8")).not.toMatch(/class Outbox|Outbox = class/);
});

test("a bundle of Vite's", async () => {
  project.write("vite.mjs", `${IMPORTING("restante")}export {};\n`);
  await buildWithVite({
    root: project.folder,
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: { ssr: "vite.mjs", outDir: "built-by-vite" },
  });
  expect(readFileSync(join(project.folder, "built-by-vite/vite.js"), "utf8")).not.toContain(`from "restante"`);
  expect(await played(process.execPath, ["built-by-vite/vite.js"], "vite")).toBe(expected("vite"));
});

test("Deno, with its check of types", async () => {
  const deno = existsSync(DENO) ? DENO : "deno";
  const text = `import { connect, type Restante } from "restante";
const me: Restante = connect({ url: Deno.args[0] ?? "", userName: "typed" });
await me.close();
`;
  project.write("typed.ts", text);
  project.write("deno.mjs", IMPORTING("restante"));
  const flags = ["run", "-A", "--no-lock", "--node-modules-dir=manual"];
  await played(deno, [...flags, "--check", "typed.ts"], "typed");
  expect(await played(deno, [...flags, "deno.mjs"], "deno")).toBe(expected("deno"));
});

const WORKER = `import { DurableObject } from "cloudflare:workers";
import * as sdk from "restante";
${EXCHANGE}
let outside = "";
try {
  sdk.connect({ url: "http://localhost", userName: "alice" });
} catch (error) {
  outside = error.message;
}
export class Bot extends DurableObject {
  exchange(url, mark) {
    return exchange(sdk, url, mark);
  }
}
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const [url, mark] = [searchParams.get("url"), pathname.slice(1)];
    if (mark === "outside") return new Response(outside);
    return new Response(await (mark === "object" ? env.BOT.getByName("bot").exchange(url, mark) : exchange(sdk, url, mark)));
  },
};
`;

test("a Worker: inside a request and in a Durable Object, and nowhere else", async () => {
  project.write("worker.mjs", WORKER);
  const worker = await startWorker(
    join(project.folder, "worker.mjs"),
    `durable_objects.bindings = [{ name = "BOT", class_name = "Bot" }]
[[migrations]]
tag = "one"
new_sqlite_classes = ["Bot"]
`,
  );
  onTestFinished(() => worker.stop());
  const answer = async (mark: string) =>
    (await fetch(`${worker.url}/${mark}?url=${encodeURIComponent(server.url)}`)).text();
  expect(await answer("request")).toBe(expected("request"));
  expect(await answer("object")).toBe(expected("object"));
  expect(await answer("outside")).toContain("global scope");
});

test("README's example works unchanged", async () => {
  const example = /## Use the SDK.*?```js\n(.*?)```/s.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(6);
  expect(example).toContain("http://localhost:8787");
  project.write("example.js", example.replace("http://localhost:8787", server.url));
  const child = spawn(process.execPath, ["example.js"], { cwd: project.folder });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed: string[] = [];
  let wake: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      printed.push(...String(data).trim().split("\n"));
      wake();
    });
  }
  const until = async (line: string) => {
    while (!printed.includes(line)) await new Promise<void>((done) => (wake = done));
  };
  const bob = await open(server.url, "bob");
  const { seq, body } = await bob.until("message");
  expect(body).toBe("Good morning!");
  bob.ack(seq);
  await until("delivered");
  bob.send({ type: "read", peer: "alice", seq }, { type: "send", id: 1, to: "alice", body: "And to you." });
  await until("bob: And to you.");
  await until("[ 'bob: 1 unread' ]");
  expect(printed.filter((line) => /^\w+$/.test(line))).toEqual(
    expect.arrayContaining(["sending", "delivered", "read"]),
  );
});
