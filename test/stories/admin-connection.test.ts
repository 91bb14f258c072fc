// The operator's command against servers that break off or do not reply: incomplete exports, slow responses, silence.
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TruncatedError, Deployment, UnreachableError } from "../../scripts/admin/deployment.ts";
import { AdminCommand } from "../support/admin-command.ts";

/** Each run names its server with --url. */
const command = new AdminCommand(() => "");

/** Starts a server that responds to an export with what `respond` writes. */
async function startFakeServer(
  respond: (response: ServerResponse) => void,
): Promise<{ url: string; close: () => void }> {
  const fake = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "Content-Type": "application/jsonl" });
    respond(response);
  });
  await new Promise<void>((done) => fake.listen(0, "127.0.0.1", done));
  const close = () => {
    fake.closeAllConnections();
    fake.close();
  };
  return { url: `http://127.0.0.1:${(fake.address() as AddressInfo).port}`, close };
}

const LINE = `{"type":"account"}\n`;
const END = `{"type":"end","lines":1}\n`;

test.each([
  ["breaks off", (response: ServerResponse) => response.write(LINE, () => response.destroy()), /broke off/],
  ["ends before its last line", (response: ServerResponse) => response.end(LINE), /without its last line/],
  ["lacks a line", (response: ServerResponse) => response.end(END), /has 0 lines, and its last one says 1/],
  ["has half of its last line", (response: ServerResponse) => response.end(LINE + END.slice(0, -2)), /last line/],
])("an export that %s is an error with a message, and leaves no complete file", async (_, respond, message) => {
  const { url, close } = await startFakeServer(respond);
  const file = join(mkdtempSync(join(tmpdir(), "restante-export-")), "erin.jsonl");
  for (const flags of [["--out", file], ["--json"], []]) {
    const { code, error } = await command.run(["export", "erin", "--url", url, ...flags]);
    expect([code, /\n\s+at /.test(error)], error).toEqual([1, false]);
    expect(error).toMatch(message);
  }
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, true]);
  // The next attempt overwrites the partial file.
  close();
  const whole = await startFakeServer((response) => response.end(LINE + END));
  expect(await command.run(["export", "erin", "--url", whole.url, "--out", file])).toMatchObject({ code: 0 });
  expect([readFileSync(file, "utf8"), existsSync(`${file}.part`)]).toEqual([LINE + END, false]);
  whole.close();
});

test("a response may take any time while data arrives, and is broken off when no data arrives", async () => {
  const limits = { answerMs: 300, idleMs: 300 };
  // Each piece is sent after the last one was read: together they take longer than a response may take to begin.
  let next: () => void = () => undefined;
  const { url, close } = await startFakeServer((response) => {
    next = () => response.write(LINE);
    next();
  });
  const pieces = await new Deployment(url, "token", limits).stream("GET", "/export");
  const began = performance.now();
  const read = async () => {
    for await (const piece of pieces) {
      expect(piece.length).toBeGreaterThan(0);
      if (performance.now() - began < 2 * limits.answerMs) setTimeout(next, limits.idleMs / 3);
    }
  };
  await expect(read()).rejects.toThrow(TruncatedError);
  expect(performance.now() - began).toBeGreaterThan(2 * limits.answerMs);
  close();
});

test("a server that accepts the request and never responds is reported as unreachable", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const response = new Deployment(url, "token", { answerMs: 100, idleMs: 100 }).request("GET", "/api/admin/stats");
  await expect(response).rejects.toThrow(UnreachableError);
  silent.closeAllConnections();
  silent.close();
});
