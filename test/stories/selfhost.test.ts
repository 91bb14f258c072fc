// Without Cloudflare: the deployed bundle in bare workerd, under `npm run selfhost`. It serves the web page, keeps the
// promises of the protocol, and loses no accepted message on SIGKILL.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claim, connect } from "../../src/client/connect.ts";
import { open, plain } from "../support/tcp-devices.ts";
import { nextFrame } from "../support/client-socket.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

let server: Server;

/** Kills the processes of a group that are left. */
function stopGroup(pid = 0): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // None is left.
  }
}

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

test("the web page is served with its headers, and no other file of the disk", async () => {
  const page = await fetch(server.url);
  expect(page.status).toBe(200);
  expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect(page.headers.get("X-Content-Type-Options")).toBe("nosniff");
  const html = await page.text();
  for (const [, path = ""] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    expect((await fetch(`${server.url}${path}`)).status, path).toBe(200);
  }
  const again = await fetch(server.url, { headers: { "If-None-Match": page.headers.get("ETag") ?? "" } });
  expect(again.status).toBe(304);
  for (const path of ["/_headers", "/..%2fconfig.capnp", "/%2e%2e/config.capnp", "/page", "/constructor"]) {
    const nothing = await fetch(`${server.url}${path}`);
    expect([nothing.status, await nothing.json()], path).toMatchObject([404, { code: "not_found" }]);
  }
  // The API reference is a page with its own policy; its description is a file, which any page may read.
  const docs = await fetch(`${server.url}/api/docs`);
  expect([docs.status, docs.headers.get("Content-Type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(docs.headers.get("Content-Security-Policy")).toContain("trusted-types default dompurify");
  expect((await fetch(`${server.url}/api/docs/swagger-ui.css`)).headers.get("Content-Security-Policy")).toContain(
    "trusted-types restante",
  );
  const description = await fetch(`${server.url}/api/openapi.json`);
  expect(description.headers.get("Access-Control-Allow-Origin")).toBe("*");
  expect(description.headers.get("ETag")).not.toBe(null);
  expect(await description.json()).toHaveProperty("openapi");
  expect(await (await fetch(`${server.url}/api/health`)).json()).toMatchObject({ status: "ok" });
});

test("both dialects work, receipts arrive, and SIGKILL in a burst loses no accepted message", async () => {
  const receivers = ["w1", "w2", "w3"];
  const [sender, page] = [await open(server.url, "sender"), await plain(server.url, "w1")];
  sender.send({ type: "send", id: 1, to: "w1", body: "hello" });
  expect(await sender.until("accepted")).toMatchObject({ id: 1, state: "stored" });
  expect(await nextFrame(page)).toMatchObject({ sender: "sender", msg: "hello" });
  await sender.mark("delivered");
  page.close();
  const accepted = new Set<number>();
  let id = 1;
  const burst = () => {
    const batch = Array.from({ length: 20 }, () => ({ type: "send", id: ++id, to: receivers[id % 3], body: id }));
    sender.send(...batch);
  };
  for (let n = 0; n < 10; n++) burst();
  while (accepted.size < 60) {
    accepted.add(Number((await sender.until("accepted"))["id"]));
    if (accepted.size % 20 === 0) burst();
  }
  await server.kill();
  await server.restart();
  const again = await open(server.url, "sender");
  const { lastId } = again.welcome;
  expect(lastId).toBeGreaterThanOrEqual(Math.max(...accepted));
  const arrived: unknown[] = [];
  for (const [n, name] of receivers.entries()) {
    const expected = Array.from({ length: lastId }, (_, i) => i + 1).filter((one) => one > 1 && one % 3 === n);
    const receiver = await open(server.url, name, "later");
    const got = (await receiver.take("message", expected.length + (n === 0 ? 1 : 0))).map(({ body }) => body);
    expect(got.filter((body) => body !== "hello")).toEqual(expected);
    arrived.push(...got);
  }
  for (const one of accepted) expect(arrived).toContain(one);
});

describe("npm run selfhost", () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-selfhost-"));
  const RUN = resolve(import.meta.dirname, "../../scripts/run.mjs");
  const args = [RUN, "selfhost", "--port", "0", "--state", folder, "--var", "AUTH:open"];

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts it, and waits for its address. */
  async function start(env: Record<string, string> = {}) {
    const child = spawn(process.execPath, args, { detached: true, env: { ...process.env, ...env } });
    let output = "";
    child.stderr.on("data", (text) => (output += String(text)));
    for await (const text of child.stdout) if (/Ready on /.test((output += String(text)))) break;
    return { child, url: /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? "", output: () => output };
  }

  test("builds into the state folder; on SIGTERM it stops and leaves no process, although a socket is open", async () => {
    const { child, url } = await start();
    try {
      const alice = await open(url, "alice");
      expect(readdirSync(folder).toSorted()).toEqual(["config.capnp", "mailboxes", "server"]);
      // To the first process alone, as a service manager may.
      child.kill("SIGTERM");
      expect(await once(child, "close")).toEqual([143, null]);
      await alice.socket.untilClosed();
      await expect(fetch(url)).rejects.toThrow();
    } finally {
      stopGroup(child.pid);
    }
  });

  test("builds nothing where no source changed, and serves the former build where building fails", async () => {
    const manifest = join(folder, "server/server.json");
    const [built, { ino }] = [readFileSync(manifest, "utf8"), statSync(manifest)];
    const { child, url } = await start();
    try {
      expect((await fetch(`${url}/api/health`)).status).toBe(200);
      expect(statSync(manifest).ino).toBe(ino);
    } finally {
      stopGroup(child.pid);
      await once(child, "close");
    }
    writeFileSync(manifest, built.replace(/"sources": "[^"]+"/, '"sources": "of older sources"'));
    // wrangler refuses to run with a configuration folder that is none.
    const { child: other, url: otherUrl, output } = await start({ WRANGLER_OUTPUT_FILE_DIRECTORY: manifest });
    try {
      expect(output()).toContain("The build failed: serving the one before.");
      expect((await fetch(`${otherUrl}/api/health`)).status).toBe(200);
    } finally {
      stopGroup(other.pid);
    }
  });
});

test("accounts work with the SDK, and failed attempts are counted by the address of the TCP connection", async () => {
  const own = await startServer({ ATTEMPTS_PER_MINUTE: "3" });
  try {
    const { token } = await claim(own.url, { userName: "alice" });
    const alice = connect({ url: own.url, userName: "alice", token });
    await alice.send("alice", "a note").reached("stored");
    await alice.close();
    const guess = (address: string) =>
      fetch(`${own.url}/api/sign-in`, {
        method: "POST",
        headers: { "CF-Connecting-IP": address, "X-Forwarded-For": address },
        body: JSON.stringify({ userName: "alice", code: "00000-00000-00000-00000-00000" }),
      });
    const answers = [];
    for (let n = 1; n <= 4; n++) answers.push((await guess(`198.18.0.${n}`)).status);
    expect(answers).toEqual([401, 401, 429, 429]);
  } finally {
    await own.stop();
  }
});

test("behind a proxy the address is the one that the proxy reports, without a port, and all invalid ones count as one", async () => {
  const own = await startServer({ ATTEMPTS_PER_MINUTE: "3" }, ["--behind-proxy"]);
  try {
    const guess = async (forwarded: string) =>
      (
        await fetch(`${own.url}/api/sign-in`, {
          method: "POST",
          headers: { "X-Forwarded-For": forwarded },
          body: JSON.stringify({ userName: "alice", code: "00000-00000-00000-00000-00000" }),
        })
      ).status;
    // Each row is one address in several spellings: the fourth attempt exceeds the limit.
    for (const row of [
      ["203.0.113.7", "203.0.113.7:5000", "198.51.100.1, 203.0.113.7:5001", "1.1.1.1,203.0.113.7"],
      ["2001:db8::1", "[2001:db8::1]:443", "[2001:db8::1]", "203.0.113.9, [2001:db8::1]:80"],
      ["unknown", "203.0.113.8, nobody", "999.1.1.1", "1.2.3"],
    ]) {
      const answers = [];
      for (const one of row) answers.push(await guess(one));
      expect(answers, row.join(" | ")).toEqual([401, 401, 401, 429]);
    }
    expect(own.output).not.toContain("--behind-proxy");
  } finally {
    await own.stop();
  }
});

test("without --behind-proxy a forwarded address is ignored, and the server reports it once", async () => {
  for (let n = 0; n < 3; n++) {
    await fetch(`${server.url}/api/auth`, { headers: { "X-Forwarded-For": "203.0.113.7" } });
  }
  await expect.poll(() => server.output.split("start with --behind-proxy").length).toBe(2);
});

test("[K9] workerd connects to a private address only if it is named as an address, not by a name that resolves to it", async () => {
  const requested: string[] = [];
  const inside = createServer((request, response) => {
    requested.push(String(request.url));
    request.resume().once("end", () => response.end());
  });
  await new Promise<void>((done) => inside.listen(0, "127.0.0.1", done));
  const { port } = inside.address() as AddressInfo;
  const ADMIN_TOKEN = "operator-secret-of-at-least-32-characters";
  const ask = async (method: string, path: string, body: unknown) => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = method === "GET" ? {} : { body: JSON.stringify(body) };
    return (await fetch(`${own.url}${path}`, { method, headers, ...init })).json() as Promise<{
      webhook: { tries: number };
    }>;
  };
  const hook = async (name: string, url: string) => {
    await ask("POST", "/api/admin/services", { userName: name, scopes: ["read"] });
    await ask("PUT", `/api/admin/services/${name}/webhook`, { url });
    await ask("POST", "/api/messages?user=alice", { to: name, body: "hi" });
  };
  // The name passes the check of its spelling, like every name that resolves to a private address.
  let own = await startServer({ ...OPEN, ADMIN_TOKEN, WEBHOOK_HOSTS: `localhost:${port}` });
  try {
    await hook("spy", `http://localhost:${port}/by-name`);
    while ((await ask("GET", "/api/admin/services/spy", null)).webhook.tries === 0);
    expect(requested).toEqual([]);
  } finally {
    await own.stop();
  }
  own = await startServer({ ...OPEN, ADMIN_TOKEN, WEBHOOK_HOSTS: `127.0.0.1:${port}` });
  try {
    await hook("shop", `http://127.0.0.1:${port}/by-address`);
    await expect.poll(() => requested).toEqual(["/by-address"]);
  } finally {
    await own.stop();
    inside.close();
  }
});

test("an error names wrong flags before anything is built", async () => {
  for (const [flags, message] of [
    [["--prot", "1"], "--prot"],
    [["--var", "auth=open"], "NAME:VALUE"],
    [["--env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"],
    [["--var", "JURISDICTION:eu"], "JURISDICTION needs Cloudflare"],
  ] as const) {
    await expect(startServer({}, [...flags])).rejects.toThrow(message);
  }
});
