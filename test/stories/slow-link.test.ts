// A device on a slow link, with a long backlog in either direction: the SDK connects, stays connected, and gets further.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";
import { SlowLink } from "../support/slow-link.ts";
import { open } from "../support/tcp-devices.ts";

/** 64 kbit/s. */
const BYTES_PER_SECOND = 8_000;
const WAITING = 5_000;
/** Text that no link compresses. */
const bodyOf = (n: number) => `${n} ${randomBytes(100).toString("base64")}`;
const numberOf = (body: unknown) => Number.parseInt(String(body), 10);
/** More than the link carries in half a minute, within which the SDK pings and gives up silent connections. */
const ENOUGH = 1_800;

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

/** A client of the SDK on a slow link of its own. `end` ends what waits for `ended`; so does the end of its connection. */
async function connectSlowly(userName: string) {
  const link = await SlowLink.open(Number(new URL(server.url).port), BYTES_PER_SECOND);
  const client = connect({ url: link.url, userName, device: "phone" });
  onTestFinished(async () => {
    link.close();
    await client.close();
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const states: string[] = [];
  client.connection.subscribe(({ is }) => {
    if (states.at(-1) !== is) states.push(is);
    if (is === "waiting" || is === "stopped") end();
  });
  return { client, states, ended, end };
}

test("[W6] over 64 kbit/s a device for which 5,000 messages wait connects once, and receives them in order", async () => {
  const alice = await open(server.url, "alice");
  for (let id = 1; id <= WAITING; id += 500) {
    const sends = Array.from({ length: 500 }, (_, i) => ({
      type: "send",
      id: id + i,
      to: "bob",
      body: bodyOf(id + i),
    }));
    alice.send(...sends);
    await alice.take("accepted", sends.length);
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  alice.socket.close();
  const { client: bob, states, ended, end } = await connectSlowly("bob");
  const numbers: number[] = [];
  bob.messages.subscribe(({ body }) => {
    numbers.push(numberOf(body));
    if (numbers.length >= ENOUGH) end();
  });
  await ended;
  expect(states).toEqual(["connecting", "open"]);
  expect(numbers.length).toBeGreaterThanOrEqual(ENOUGH);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
});

test("[T5] over 64 kbit/s a device with 5,000 messages to send connects once, and they arrive in order", async () => {
  const dave = await open(server.url, "dave");
  const { client: carol, states, ended, end } = await connectSlowly("carol");
  for (let n = 1; n <= WAITING; n++) carol.send("dave", bodyOf(n));
  const numbers: number[] = [];
  const receive = async () => {
    while (numbers.length < ENOUGH) numbers.push(numberOf((await dave.until("message"))["body"]));
    end();
  };
  await Promise.race([receive(), ended]);
  expect(states).toEqual(["connecting", "open"]);
  expect(numbers.length).toBeGreaterThanOrEqual(ENOUGH);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  dave.socket.close();
});
