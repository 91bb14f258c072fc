// README's example works as it is, with the package installed.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Project, projectWithPackage, ROOT } from "../support/installed-package.ts";
import { open } from "../support/tcp-devices.ts";
import { startServer } from "../support/servers.ts";

let project: Project;

beforeAll(async () => {
  project = await projectWithPackage();
});

afterAll(() => project.remove());

test("README's example works unchanged", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
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
