// Bodies of requests: none is read before authentication, and of a caller without a good token at most 4,096 bytes. A
// body is read once, within a time limit, and refused unless it is complete and valid UTF-8.
import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { readBody } from "../../../src/identity/request-body.ts";
import { unusedAddress, fetchWorker, claimAccount, HOST, callApi } from "../../support/accounts.ts";
import { bearer, unmarkedToken } from "../../support/attempts.ts";
import { description, operations } from "../../support/openapi-description.ts";
import { statusAndCode } from "../../support/operators.ts";

/** A body of 1 MB that counts the bytes that were read. */
function observed(): { readonly body: ReadableStream<Uint8Array>; readonly pulls: () => number } {
  let pulls = 0;
  const chunk = new TextEncoder().encode(`[${"0,".repeat(5_000)}`);
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    pulls++;
    if (pulls >= 100) controller.close();
    else controller.enqueue(chunk);
  };
  return { body: new ReadableStream({ pull }, { highWaterMark: 0 }), pulls: () => pulls };
}

/** A request with such a body, handed to the Worker itself: nothing on the way reads ahead. */
async function withBody(method: string, path: string, headers: Record<string, string>): Promise<[number, number]> {
  const { body, pulls } = observed();
  const request = new Request(`${HOST}${path}`, {
    method,
    headers: { "CF-Connecting-IP": unusedAddress(), ...headers },
    body,
  });
  const { status } = await worker.fetch(request, env, createExecutionContext());
  return [status, pulls()];
}

test("[H13] without a good token no route reads a body of 1 MB", async () => {
  const guarded = operations.filter(
    ({ method, security, body }) => security.length > 0 && (body !== null || method !== "GET"),
  );
  expect(guarded.length).toBeGreaterThan(15);
  for (const { name, method, path } of guarded.filter(({ method }) => method !== "GET")) {
    const there = path.replaceAll(/\{\w+\}/g, "alice");
    expect(await withBody(method, there, {}), name).toEqual([401, 0]);
    expect(await withBody(method, there, { Authorization: "Bearer wrong" }), name).toEqual([401, 0]);
  }
  expect(description.openapi).toBeDefined();
});

test("[H13] a large body is read only after the mailbox has confirmed the token", async () => {
  const alice = await claimAccount("alice");
  const account = vi.spyOn(Mailbox.prototype, "account");
  const bad = await unmarkedToken(alice.userName);
  expect(await withBody("POST", "/api/messages", { Authorization: `Bearer ${bad}` })).toEqual([401, 0]);
  expect(account).toHaveBeenCalledTimes(1);
  const [status, pulls] = await withBody("POST", "/api/messages", { Authorization: `Bearer ${alice.token}` });
  expect([status, pulls > 90]).toEqual([400, true]);
  expect(account).toHaveBeenCalledTimes(2);
  account.mockRestore();
});

test("[H13] of a stranger's body more than 4,096 bytes are not read", async () => {
  const body = JSON.stringify({ userName: "x".repeat(5_000) });
  for (const path of ["/api/accounts", "/api/sign-in", "/api/sign-in/passkey/options"]) {
    expect(await statusAndCode(callApi("POST", path, JSON.parse(body))), path).toEqual([413, "too_large"]);
    const [status, pulls] = await withBody("POST", path, {});
    expect([status, pulls], path).toEqual([413, 1]);
  }
});

test("[H13] a body in ten thousand pieces is decoded once", async () => {
  const decode = vi.spyOn(TextDecoder.prototype, "decode");
  let left = 10_000;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (left-- > 0) controller.enqueue(new Uint8Array([0x20]));
    else controller.close();
  };
  const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  const read = await readBody(new Request(HOST, { method: "POST", body }), 20_000);
  expect(read).toEqual({ text: " ".repeat(10_000) });
  expect(decode).toHaveBeenCalledTimes(1);
  decode.mockRestore();
});

test("[H13] a body that is cut off, shorter than announced, late or not UTF-8 is refused", async () => {
  const refused = { refused: { code: "bad_frame" } };
  const of = (body: BodyInit, headers: Record<string, string> = {}) =>
    new Request(HOST, { method: "POST", headers, body });
  const fails = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  expect(await readBody(of(fails), 100)).toMatchObject(refused);
  const short = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{}"));
      controller.close();
    },
  });
  expect(await readBody(of(short, { "Content-Length": "3" }), 100)).toMatchObject(refused);
  const cancel = vi.fn();
  const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined), cancel });
  expect(await readBody(of(silent), 100, 10)).toMatchObject(refused);
  expect(cancel).toHaveBeenCalledTimes(1);
  for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0xed, 0xa0, 0x80]]) {
    expect(await readBody(of(new Uint8Array(bytes)), 100)).toMatchObject(refused);
  }
  const alice = await claimAccount("alice");
  const init = { method: "POST", headers: bearer(alice.token, unusedAddress()) };
  const body = new Uint8Array([...new TextEncoder().encode(`{"to":"${alice.userName}","body":"`), 0xff, 0x22, 0x7d]);
  expect(await statusAndCode(fetchWorker("/api/messages", { ...init, body }))).toEqual([400, "bad_frame"]);
});

test("[H13] bodies that are cut off write one log line a minute", async () => {
  const lines = vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  const fails = () => new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  for (let n = 0; n < 10; n++) await readBody(new Request(HOST, { method: "POST", body: fails() }), 100);
  vi.useRealTimers();
  const written = lines.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('"body_lost"'));
  lines.mockRestore();
  expect(written).toHaveLength(1);
});

test("[H13] an array with too many elements is refused before any is parsed", async () => {
  const alice = await claimAccount("alice");
  const many = Array.from({ length: 4_097 }, () => 0);
  const response = await callApi("POST", "/api/messages", many, alice.token);
  expect(await response.json()).toMatchObject({ code: "bad_frame", message: expect.stringMatching(/4096/) });
});
