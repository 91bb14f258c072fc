// Values that JSON can write and a body can't keep: the same answer over every way in.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Device, nextFrame } from "../support/client-socket.ts";
import { fresh, open, plain, world } from "../support/devices.ts";

const post = (user: string, body: string | Uint8Array<ArrayBuffer>) =>
  exports.default.fetch(
    new Request(`http://restante.test/api/messages?user=${user}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    }),
  );

/** Sends a body, as JSON text, and returns the code of its refusal; null if it was accepted. */
type Way = (from: Device, to: string, body: string) => Promise<unknown>;

async function answerTo(device: Device): Promise<unknown> {
  for (;;) {
    const { type, code } = await device.next();
    if (type === "refused") return code;
    if (type === "accepted") return null;
  }
}

const ways: [name: string, way: Way][] = [
  [
    "a frame",
    (device, to, body) => {
      device.socket.sendText(`{"type":"send","id":1,"to":"${to}","body":${body}}`);
      return answerTo(device);
    },
  ],
  [
    "a run",
    (device, to, body) => {
      device.socket.sendText(`{"type":"send","id":1,"to":"${to}","bodies":[${body}]}`);
      return answerTo(device);
    },
  ],
  [
    "HTTP",
    async ({ welcome }, to, body) => {
      const response = await post(welcome.user, `{"to":"${to}","body":${body}}`);
      const { code = null, field } = await response.json<{ code?: string; field?: string }>();
      expect([response.status, field]).toEqual(code === null ? [200, undefined] : [400, "body"]);
      return code;
    },
  ],
  [
    "a list over HTTP",
    async ({ welcome }, to, body) => {
      const response = await post(welcome.user, `[{"to":"${to}","body":${body}}]`);
      return (await response.json<{ code?: string }[]>())[0]?.code ?? null;
    },
  ],
  [
    "the plain dialect",
    async ({ welcome }, to, body) => {
      const line = await plain(welcome.user);
      line.sendText(`{"receiver":"${to}","msg":${body}}`);
      // To oneself, so that there is an answer to wait for.
      line.sendText(`{"receiver":"${welcome.user}","msg":"fence"}`);
      return (await nextFrame(line))["code"] ?? null;
    },
  ],
];

test.each(ways)("[S9] over %s a number beyond a double's range is refused, and nothing is sent", async (_, way) => {
  const { b, alice } = await world();
  const bob = await open(b);
  for (const body of ["1e400", "-1e400", '{"a":[null,1e999]}']) expect(await way(alice, b, body)).toBe("bad_frame");
  expect(await bob.settled()).toEqual([]);
});

test.each(ways)("[S9] over %s numbers arrive as doubles, and texts unchanged", async (_, way) => {
  for (const [body, kept] of [
    ["-0", "0"],
    ["[1.0,1e-400,9007199254740993]", "[1,0,9007199254740992]"],
    ['"\\u0000\\ud800"', '"\\u0000\\ud800"'],
    ["null", "null"],
  ] as const) {
    const [alice, bob] = [await open(fresh("alice")), await open(fresh("bob"))];
    expect(await way(alice, bob.welcome.user, body)).toBe(null);
    expect(JSON.stringify((await bob.until("message"))["body"])).toBe(kept);
  }
});

test.each([
  ["a byte that never occurs", [0xff]],
  ["half a character", [0xc3]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
])("[H13][F9] over HTTP %s is refused with 400, and nothing is sent", async (_, bytes) => {
  const [alice, bob] = [fresh("alice"), await open(fresh("bob"))];
  const text = (part: string) => [...new TextEncoder().encode(part)];
  const body = [...text(`{"to":"${bob.welcome.user}","body":"a`), ...bytes, ...text('z"}')];
  const response = await post(alice, Uint8Array.from(body));
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: "bad_frame" })]);
  expect(await bob.settled()).toEqual([]);
});
