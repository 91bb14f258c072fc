// The examples of backends, with real servers: users of an application with its tokens, renewed on the open connection,
// and a service account whose webhooks are repeated, and checked.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { claim, connect, memoryStore } from "../../src/client/connect.ts";
import { startLocal, startServer } from "../support/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/backend");
const guide = readFileSync(join(EXAMPLE, "README.md"), "utf8");

/** A port of this machine that nothing has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts an example; resolves when it listens, and rejects with what it wrote where it ends before. */
async function start(file: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, [join(EXAMPLE, file)], { env: { ...process.env, ...variables } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", (text) => (errors += String(text)));
  const closed = once(child, "close");
  for await (const text of child.stdout.iterator({ destroyOnReturn: false }))
    if (String(text).startsWith("http://localhost:")) return;
  await closed;
  throw new Error(errors);
}

/** The variables of the command in the example's README that has this one. */
function variablesOf(name: string): Record<string, string> {
  const commands = guide.match(/npm start(?:[^\n]*\\\n)*[^\n]*/g) ?? [];
  const found = [...(commands.find((text) => text.includes(name)) ?? "").matchAll(/--var (\w+):(\S+)/g)];
  return Object.fromEntries(found.map(([, key, value]) => [key, value]));
}

test("the code of SDK.md's chapters on backends is that of the example", () => {
  const sdk = readFileSync(join(ROOT, "docs/SDK.md"), "utf8");
  const files = globSync("*.ts", { cwd: EXAMPLE }).map((file) => readFileSync(join(EXAMPLE, file), "utf8"));
  for (const [title, count] of [
    ["Users of your own", 2],
    ["A backend over HTTP", 3],
  ] as const) {
    const [chapter = ""] = new RegExp(`\\n## ${title}\\n.*?(?=\\n## )`, "s").exec(sdk) ?? [];
    const code = [...chapter.matchAll(/```ts\n(.*?)```/gs)].map(([, text = ""]) => text);
    expect(code).toHaveLength(count);
    expect(code.filter((text) => !files.some((file) => file.includes(text)))).toEqual([]);
  }
  expect(sdk).toContain(/npm start -- --var AUTH:jwt.*?localhost:5173/s.exec(guide)?.[0]);
});

test("[J2] [J4] tokens.ts signs tokens that a server takes, and renews on the open connection", async () => {
  const port = `${await freePort()}`;
  await start("tokens.ts", { PORT: port, TOKEN_SECONDS: "15" });
  const variables = variablesOf("JWT_JWKS_URL");
  const url = variables["JWT_JWKS_URL"]?.replace("8788", port) ?? "";
  const server = await startServer({ ...variables, JWT_JWKS_URL: url });
  onTestFinished(() => server.stop());

  let asked = 0;
  // The third one is asked for after the first one has expired.
  let renewed: () => void = () => undefined;
  const thirdToken = new Promise<void>((done) => (renewed = done));
  const user = (userName: string) =>
    connect({
      url: server.url,
      userName,
      store: memoryStore(),
      token: async ({ signal }) => {
        const tokens = `http://localhost:${port}/token?user=${userName}`;
        const text = await (await fetch(tokens, { method: "POST", signal })).text();
        if (userName === "alice" && ++asked === 3) renewed();
        return text;
      },
    });
  const [alice, bob] = [user("alice"), user("bob")];
  onTestFinished(async () => void (await Promise.all([alice.close(), bob.close()])));
  const states: string[] = [];
  alice.connection.subscribe(({ is }) => void states.push(is));
  await alice.send("bob", "hello").reached("stored");
  await thirdToken;
  await bob.people.accept("alice");
  await alice.send("bob", "three tokens later").reached("delivered");
  expect(states).toEqual(["connecting", "open"]);
});

/** What a post of Restante has, signed with a secret. */
function signed(secret: string, body: string, time = Math.floor(Date.now() / 1_000)): RequestInit {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`an-id.${time}.${body}`).digest("base64");
  const headers = { "webhook-id": "an-id", "webhook-timestamp": `${time}`, "webhook-signature": `v1,${signature}` };
  return { method: "POST", headers, body };
}

test("[K2] shop.ts outlives a client that disconnects, and reads no post that is longer than any of Restante", async () => {
  const port = await freePort();
  const address = `http://localhost:${port}/`;
  const secret = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==";
  await start("shop.ts", { RESTANTE_TOKEN: "a token", WEBHOOK_SECRET: secret, PORT: `${port}` });
  const socket = connectTcp(port, "localhost");
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  // The program reads the body.
  await once(socket, "data");
  socket.destroy();
  const body = JSON.stringify({ user: "shop", epoch: "one", frames: [] });
  const long = body + " ".repeat(5 * 1_048_576);
  expect((await fetch(address, signed(secret, long))).status).toBe(413);
  expect((await fetch(address, signed(secret, body))).status).toBe(204);
});

test.each(["RESTANTE_TOKEN", "WEBHOOK_SECRET"])("shop.ts does not start without %s", async (name) => {
  const variables = {
    RESTANTE_TOKEN: "a token",
    WEBHOOK_SECRET: "whsec_YQ==",
    PORT: `${await freePort()}`,
    [name]: "",
  };
  await expect(start("shop.ts", variables)).rejects.toThrow(`The variable ${name} is not set.`);
});

test("[K2] [K3] [K4] shop.ts answers what was posted again after a 500, once, and takes no post of others", async () => {
  const port = await freePort();
  const address = `http://localhost:${port}/`;
  const ADMIN_TOKEN = "a-secret-of-at-least-32-characters";
  expect(Object.keys(variablesOf("WEBHOOK_HOSTS"))).toEqual(["ADMIN_TOKEN", "WEBHOOK_HOSTS"]);
  const server = await startLocal({ ADMIN_TOKEN, WEBHOOK_HOSTS: `localhost:${port}` });
  onTestFinished(() => server.stop());
  const ask = async (method: string, path: string) => {
    const [, body] = new RegExp(`${path} .*?-d '(.*?)'`, "s").exec(guide) ?? [];
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = { method, headers, body: body?.replace("http://localhost:8790/", address) ?? null };
    return (await (await fetch(`${server.url}${path}`, init)).json()) as Record<string, string>;
  };
  const { token = "" } = await ask("POST", "/api/admin/services");
  const { secret = "" } = await ask("PUT", "/api/admin/services/shop/webhook");

  // The address is up, and what answers there fails.
  const failing = createServer((_, response) => response.writeHead(500).end()).listen(port, "localhost");
  const refused = once(failing, "request");
  const { token: own } = await claim(server.url, { userName: "alice" });
  const alice = connect({ url: server.url, userName: "alice", token: own, store: memoryStore() });
  onTestFinished(() => alice.close());
  const sent = alice.send("shop", "Where is it?");
  await refused;
  failing.closeAllConnections();
  await new Promise((done) => failing.close(done));

  await start("shop.ts", {
    RESTANTE_URL: server.url,
    RESTANTE_TOKEN: token,
    WEBHOOK_SECRET: secret,
    PORT: `${port}`,
  });
  const answers = alice.messages[Symbol.asyncIterator]();
  const { value } = await answers.next();
  expect(value).toMatchObject({ from: "shop", body: "We have received your message." });
  await sent.reached("delivered");

  const epoch = "another";
  const body = JSON.stringify({ user: "shop", epoch, frames: [{ type: "message", seq: 1, from: "alice", body: 1 }] });
  const post = async (init: RequestInit) => (await fetch(address, init)).status;
  const forged = signed("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==", body);
  expect(await post(forged)).toBe(401);
  expect(await post({ method: "POST", body })).toBe(401);
  expect(await post(signed(secret, body, Math.floor(Date.now() / 1_000) - 3_600))).toBe(401);
  expect(await post({ ...signed(secret, body), body: body.replace("alice", "bobby") })).toBe(401);
  // The same post twice is one answer: the next one is the second and last.
  expect([await post(signed(secret, body)), await post(signed(secret, body))]).toEqual([204, 204]);
  const shown = alice.messages.with("shop");
  onTestFinished(() => shown.close());
  await alice.send("shop", "Thanks").reached("delivered");
  const bodies: unknown[] = [];
  while (bodies.length < 2) bodies.push((await answers.next()).value?.body);
  expect(shown.value.filter(({ from }) => from === "shop")).toHaveLength(3);
});
