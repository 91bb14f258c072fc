// A webhook as a backend has it: a real server is posted to, says no, is slow to come back, and the mailbox's own server is killed meanwhile.
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server as Receiver } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const ADMIN_TOKEN = "operator-secret-of-at-least-32-characters";

let server: Server;
let receiver: Receiver;
let url: string;
/** What the receiver says next, 0 for nothing at all; and what it was sent, with what it said. */
let status = 200;
const posts: { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly text: string }[] = [];
let heard: () => void = () => undefined;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      posts.push({ status, headers: request.headers, text });
      if (status > 0) response.writeHead(status, status === 302 ? { Location: `${url}elsewhere` } : {}).end();
      heard();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  server = await startServer({ ...OPEN, ADMIN_TOKEN, WEBHOOK_HOSTS: "127.0.0.1" });
});

afterAll(async () => {
  await server.stop();
  receiver.close();
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

const send = (...bodies: unknown[]) =>
  ask(
    "POST",
    "/api/messages?user=alice",
    bodies.map((body) => ({ to: "shop", body })),
  );

/** Resolves when what was posted is so. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise<void>((done) => (heard = done));
}

const framesOf = ({ text }: { readonly text: string }) =>
  (JSON.parse(text) as { frames: { seq: number; body: unknown }[] }).frames;
const taken = () => posts.filter((post) => post.status === 200).flatMap(framesOf);

test("[K2][K3][K4][K5] what reaches the mailbox is posted, signed, in order and at least once, through refusals and a kill", async () => {
  await ask("POST", "/api/admin/services", { userName: "shop", scopes: ["read"] }, ADMIN_TOKEN);
  const { secret } = (await ask("PUT", "/api/admin/services/shop/webhook", { url }, ADMIN_TOKEN)) as { secret: string };

  await send("one", "two");
  await until(() => taken().length === 2);
  for (const { headers, text } of posts) {
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${text}`;
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  }

  // A redirect is not followed: it is a no.
  status = 302;
  await send("three");
  await until(() => posts.some((post) => post.status === 302));
  status = 200;
  await until(() => taken().some(({ body }) => body === "three"));

  // Killed in the middle of a post: the alarm that was set before rings in the next life, with no request.
  status = 0;
  await send("four");
  await until(() => posts.some((post) => post.status === 0));
  status = 200;
  await server.kill();
  await server.restart();
  await until(() => taken().some(({ body }) => body === "four"));
  await send("five");
  await until(() => taken().some(({ body }) => body === "five"));

  const once = [...new Map(taken().map((frame) => [frame.seq, frame.body])).values()];
  expect(once).toEqual(["one", "two", "three", "four", "five"]);
  expect(posts.every(({ text }) => JSON.parse(text).user === "shop")).toBe(true);
});
