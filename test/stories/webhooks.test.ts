// Webhooks against a real receiver that refuses, redirects and does not respond, while the mailbox's own server is
// killed.
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server as Receiver } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const ADMIN_TOKEN = "operator-secret-of-at-least-32-characters";

let server: Server;
let receiver: Receiver;
let url: string;
/** The status of the receiver's next response, 0 for no response; and all posts, with the status of their responses. */
let status = 200;
const posts: { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly text: string }[] = [];
let onPost: () => void = () => undefined;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      posts.push({ status, headers: request.headers, text });
      if (status > 0) response.writeHead(status, status === 302 ? { Location: `${url}elsewhere` } : {}).end();
      onPost();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  server = await startServer({ ...OPEN, ADMIN_TOKEN, WEBHOOK_HOSTS: new URL(url).host });
});

afterAll(async () => {
  await server?.stop();
  receiver?.close();
});

async function ask(method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const sendTo = (to: string, ...bodies: unknown[]) =>
  ask(
    "POST",
    "/api/messages?user=alice",
    bodies.map((body) => ({ to, body })),
  );

const send = (...bodies: unknown[]) => sendTo("shop", ...bodies);

/** Creates a service with a webhook. */
async function hooked(name: string): Promise<void> {
  await ask("POST", "/api/admin/services", { userName: name, scopes: ["read"] }, ADMIN_TOKEN);
  await ask("PUT", `/api/admin/services/${name}/webhook`, { url }, ADMIN_TOKEN);
}

const postsTo = (name: string) => posts.filter(({ text }) => (JSON.parse(text) as { user: string }).user === name);
const identityOf = (post: (typeof posts)[number] | undefined) => [post?.headers["webhook-id"], post?.text];

/** Resolves when `count` failures of the webhook are stored. */
async function failed(name: string, count: number): Promise<void> {
  const path = `/api/admin/services/${name}`;
  const tries = async () =>
    ((await ask("GET", path, undefined, ADMIN_TOKEN)) as { webhook: { tries: number } }).webhook.tries;
  while ((await tries()) < count) await Promise.resolve();
}

/** Changes the mailbox of `name` on the disk of a stopped server. */
function change(name: string, ...statements: string[]): void {
  const files = readdirSync(server.folder, { recursive: true, encoding: "utf8" }).filter((one) =>
    /Mailbox.*\.sqlite$/.test(one),
  );
  const found = files.filter((file) => {
    using database = new DatabaseSync(join(server.folder, file));
    const tables = database.prepare("SELECT name FROM sqlite_master").all();
    if (!tables.some((table) => table["name"] === "mailbox")) return false;
    if (database.prepare("SELECT name FROM mailbox").get()?.["name"] !== name) return false;
    for (const statement of statements) database.exec(statement);
    return true;
  });
  expect(found.length).toBe(1);
}

/** Resolves when `is` is true; it is checked after each post. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise<void>((done) => (onPost = done));
}

const framesOf = ({ text }: { readonly text: string }) =>
  (JSON.parse(text) as { frames: { seq: number; body: unknown }[] }).frames;
const delivered = () => posts.filter((post) => post.status === 200).flatMap(framesOf);

test("[K2][K3][K4][K5] messages are posted signed, in order and at least once, despite refusals and a kill", async () => {
  await ask("POST", "/api/admin/services", { userName: "shop", scopes: ["read"] }, ADMIN_TOKEN);
  const { secret } = (await ask("PUT", "/api/admin/services/shop/webhook", { url }, ADMIN_TOKEN)) as { secret: string };

  await send("one", "two");
  await until(() => delivered().length === 2);
  for (const { headers, text } of posts) {
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${text}`;
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  }

  // A redirect is not followed: it counts as a failure.
  status = 302;
  await send("three");
  await until(() => posts.some((post) => post.status === 302));
  status = 200;
  await until(() => delivered().some(({ body }) => body === "three"));

  // Killed during a post: the alarm that was set before fires in the next instance, without a request.
  status = 0;
  await send("four");
  await until(() => posts.some((post) => post.status === 0));
  status = 200;
  await server.kill();
  await server.restart();
  await until(() => delivered().some(({ body }) => body === "four"));
  await send("five");
  await until(() => delivered().some(({ body }) => body === "five"));

  const once = [...new Map(delivered().map((frame) => [frame.seq, frame.body])).values()];
  expect(once).toEqual(["one", "two", "three", "four", "five"]);
  expect(posts.every(({ text }) => JSON.parse(text).user === "shop")).toBe(true);
});

test("[K7] after a kill a failed post is repeated unchanged, and later messages are in the next one", async () => {
  await hooked("store");
  status = 503;
  await sendTo("store", "one", "two");
  await failed("store", 1);
  const [first] = postsTo("store");
  await sendTo("store", "three");
  await server.kill();
  await server.restart();
  await until(() => postsTo("store").length === 2);
  status = 200;
  await until(() => postsTo("store").length === 4);
  const [, second, third, last] = postsTo("store");
  expect([identityOf(second), identityOf(third)]).toEqual([identityOf(first), identityOf(first)]);
  expect(last === undefined ? [] : framesOf(last).map(({ body }) => body)).toEqual(["three"]);
  expect(last?.headers["webhook-id"]).not.toBe(first?.headers["webhook-id"]);
});

test("[V5][K7] a table of older code gets its new columns, and messages that older code has delivered are not posted again", async () => {
  await hooked("kiosk");
  status = 503;
  await server.kill();
  change("kiosk", ...["first", "last", "gap"].map((column) => `ALTER TABLE webhook DROP COLUMN ${column}`));
  await server.restart();
  await sendTo("kiosk", "one");
  await until(() => postsTo("kiosk").length === 2);
  await failed("kiosk", 2);
  const [first, second] = postsTo("kiosk");
  expect(identityOf(second)).toEqual(identityOf(first));
  // Older code advances the cursor and ignores the failed post.
  await server.kill();
  change("kiosk", "UPDATE device SET cursor = (SELECT last FROM webhook) WHERE name = '+'");
  status = 200;
  await server.restart();
  await sendTo("kiosk", "two");
  await until(() => postsTo("kiosk").some((post) => post.status === 200));
  expect(
    postsTo("kiosk")
      .filter((post) => post.status === 200)
      .flatMap(framesOf)
      .map(({ body }) => body),
  ).toEqual(["two"]);
});

test("[K5][K8] a local listener that is not in WEBHOOK_HOSTS receives no request, in any spelling of its address", async () => {
  const requested: string[] = [];
  const secret = createServer((request, response) => {
    requested.push(String(request.url));
    response.end();
  });
  await new Promise<void>((done) => secret.listen(0, done));
  const { port } = secret.address() as AddressInfo;
  await hooked("spy");
  const hosts = ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0", "[::]", "[::1]", "[::127.0.0.1]"];
  const forms = [...hosts, "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "localhost.localdomain"];
  for (const form of forms) {
    for (const scheme of ["http", "https"]) {
      const there = `${scheme}://${form}:${port}/${form}`;
      const set = ask("PUT", "/api/admin/services/spy/webhook", { url: there }, ADMIN_TOKEN);
      await expect(set, there).rejects.toThrow(/^400 .*"field":"url"/);
    }
  }
  // A URL that an older version accepted is checked again before each post.
  await server.kill();
  change("spy", `UPDATE webhook SET url = 'http://127.0.0.1:${port}/before'`);
  await server.restart();
  await sendTo("spy", "hi");
  await failed("spy", 1);
  expect(server.output).toMatch(
    /"webhook_failed".*"user":"spy","status":0,.*"reason":"it must be https, or http to a host of WEBHOOK_HOSTS"/,
  );
  expect(requested).toEqual([]);
  secret.close();
});
