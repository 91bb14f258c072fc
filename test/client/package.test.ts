// The SDK as a package: its types need no other package, and README's example works as it is.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { open } from "../support/tcp-devices.ts";
import { startServer } from "../support/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The project of an application, with nothing but the package in it. */
const project = mkdtempSync(join(tmpdir(), "restante-project-"));

beforeAll(async () => {
  const home = join(project, "node_modules/restante");
  const node = (...args: string[]) => run(process.execPath, args, { cwd: ROOT });
  await node("scripts/build.mjs");
  await node("node_modules/typescript/bin/tsc", "-p", "tsconfig.sdk.json");
  mkdirSync(home, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[] };
  for (const file of ["package.json", ...files]) cpSync(join(ROOT, file), join(home, file), { recursive: true });
  writeFileSync(join(project, "package.json"), `{ "type": "module" }`);
  return () => rmSync(project, { recursive: true, force: true });
});

test("an application in TypeScript compiles with the types of the package alone", async () => {
  writeFileSync(
    join(project, "app.ts"),
    `import { connect, memoryStore, type Message, type Restante } from "restante";
import { nodeStore } from "restante/node";
const me: Restante = connect({ url: "http://localhost:8787", userName: "alice", store: memoryStore(), since: "now" });
const bot = connect({ url: "http://localhost:8787", userName: "bot", store: nodeStore("bot.db", { maxMessages: 10 }) });
for await (const message of bot.messages) bot.send(message.from, "", { inReplyTo: message, key: "1" });
const { is } = await me.send("bob", { text: "hi", list: [1, null] }).reached("stored");
const words: "sending" | "queued" | "stored" | "delivered" | "read" | "failed" = is;
const last: Message | undefined = me.messages.with("bob").value.at(-1);
for await (const { from, body } of me.messages) console.log(from satisfies string, body satisfies unknown, words, last);
// @ts-expect-error -- A body is JSON.
me.send("bob", () => 1);
`,
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags = [
    "--strict",
    "--noEmit",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--lib",
    "es2024,dom",
    "--types",
    "",
  ];
  await run(process.execPath, [tsc, ...flags, "app.ts"], { cwd: project });
});

test("README's example works unchanged", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const example = /## Use the SDK.*?```js\n(.*?)```/s.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(6);
  expect(example).toContain("http://localhost:8787");
  writeFileSync(join(project, "example.js"), example.replace("http://localhost:8787", server.url));
  const child = spawn(process.execPath, ["example.js"], { cwd: project });
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
