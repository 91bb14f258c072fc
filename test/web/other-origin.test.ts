// A page on another port of the same host is of the same site, so browsers send the cookie with its requests. In real
// Chromium it gets nothing by that, also where ALLOWED_ORIGINS names it.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

let browser: Browser;
let server: Server;
let next: HttpServer;

const portOf = (url: string) => new URL(url).port;

beforeAll(async () => {
  next = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html>next door"));
  await new Promise<void>((done) => next.listen(0, "127.0.0.1", done));
  const ALLOWED_ORIGINS = `http://localhost:${(next.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([startBrowser(), startServer({ AUTH: "accounts", ALLOWED_ORIGINS })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  next?.close();
});

interface Tried {
  readonly read: number;
  readonly posted: number;
  readonly first: string;
  readonly withToken: number;
}

test("[O3] the cookie of a signed-in user gives no access to a page on another port, though its origin is allowed", async () => {
  const page = await (await browser.newContext()).newPage();
  const home = `http://localhost:${portOf(server.url)}`;
  await page.goto(`${home}/status`);
  const token = await page.evaluate(async () => {
    const response = await fetch("/api/accounts", { method: "POST", body: JSON.stringify({ userName: "alice" }) });
    return ((await response.json()) as { token: string }).token;
  });
  const own = () => page.evaluate(async () => (await fetch("/api/conversations")).json());
  expect(await own()).toMatchObject({ conversations: [] });
  expect((await page.context().cookies(home)).map(({ name }) => name)).toEqual(["restante"]);

  await page.goto(`http://localhost:${(next.address() as AddressInfo).port}/`);
  const tried = await page.evaluate(
    async ([url = "", bearer = ""]): Promise<Tried> => {
      const ask = async (path: string, init: RequestInit) =>
        (await fetch(`${url}${path}`, { credentials: "include", mode: "no-cors", ...init }).then(
          (response) => response.status,
          () => -1,
        )) as number;
      const body = JSON.stringify({ to: "alice", body: "forged" });
      const read = await ask("/api/conversations", {});
      const headers = { "Content-Type": "text/plain" };
      const posted = await ask("/api/messages", { method: "POST", headers, body });
      const ws = new WebSocket(`${url.replace("http", "ws")}/client/alice?device=d`, "restante.v1");
      const first = await new Promise<string>((done) => {
        ws.addEventListener("message", ({ data }) => done(String(data)));
        ws.addEventListener("close", () => done("closed"));
      });
      const cors = { credentials: "omit", mode: "cors", headers: { Authorization: `Bearer ${bearer}` } } as const;
      return { read, posted, first, withToken: await ask("/api/conversations", cors) };
    },
    [home, token],
  );
  expect(JSON.parse(tried.first)).toMatchObject({ type: "closing", code: 4401 });
  // No page of another origin may read the answer of a simple request; the own page shows that it changed nothing.
  expect(tried).toMatchObject({ read: -1, posted: -1, withToken: 200 });
  await page.goto(`${home}/status`);
  expect(await own()).toMatchObject({ conversations: [] });
});
