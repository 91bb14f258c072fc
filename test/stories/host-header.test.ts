// The Host header behind a reverse proxy, in bare workerd: an invalid one is refused with 400, and the origin check
// follows the scheme that the proxy reports.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer({}, ["--behind-proxy"]);
});

afterAll(() => server?.stop());

/** Sends one request as bytes, because no HTTP library would send it; returns the raw response. */
function raw(lines: readonly string[]): Promise<{ status: number; headers: string; body: string }> {
  return new Promise((done, fail) => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("error", fail);
    socket.on("close", () => {
      const [headers = "", body = ""] = text.split("\r\n\r\n");
      done({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(headers)?.[1]), headers, body });
    });
    socket.write([...lines, "Connection: close", "", ""].join("\r\n"));
  });
}

const hosts = [
  "localhost/api/auth?",
  "localhost#x",
  '"x y"',
  "x y",
  "somebody@localhost",
  "localhost:99999",
  "localhost:80:80",
  "[::1",
  "exa%6dple.com",
  "a\\b",
  "*",
  "1.2.3.4.5",
  "..",
  "bücher.example",
  "a".repeat(300),
  "a".repeat(6_000),
];

test("[O7] an invalid Host is refused with 400 and a reason on every path, and the server logs no exception", async () => {
  for (const host of hosts) {
    for (const path of ["/api/auth", "/", "/page.css"]) {
      const { status, headers, body } = await raw([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
      expect([status, JSON.parse(body)], `${host} ${path}`).toMatchObject([400, { code: "bad_query" }]);
      expect(headers).toContain("Content-Security-Policy: default-src 'none'");
    }
  }
  // workerd itself refuses these two.
  expect((await raw(["GET /api/auth HTTP/1.1", "Host: "])).status).toBe(400);
  expect((await raw(["GET /api/auth HTTP/1.1"])).status).toBe(400);
  expect(server.output).not.toContain("exception");
  for (const host of ["localhost", "LOCALHOST:80", "[::1]:8787", "a_b.example", "example.com."]) {
    expect((await raw(["GET /api/auth HTTP/1.1", `Host: ${host}`])).status, host).toBe(200);
  }
});

test("[O1] behind a proxy the scheme is the one it reports: a page of the same host without TLS is cross-origin", async () => {
  const ask = async (origin: string) => {
    const proxied = ["X-Forwarded-Proto: https", "X-Forwarded-For: 198.18.0.1"];
    return (await raw(["GET /api/auth HTTP/1.1", "Host: chat.example.com", `Origin: ${origin}`, ...proxied])).headers;
  };
  expect(await ask("https://chat.example.com")).toContain("Access-Control-Allow-Origin: https://chat.example.com");
  expect(await ask("http://chat.example.com")).not.toContain("Access-Control-Allow-Origin");
  expect(await ask("https://chat.example.com:8443")).not.toContain("Access-Control-Allow-Origin");
});
