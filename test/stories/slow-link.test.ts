// A device on a slow link, with a long backlog: the SDK connects, stays connected, and gets further.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { type Server, startSelfhost } from "../support/servers.ts";
import { SlowLink } from "../support/slow-link.ts";
import { open } from "../support/tcp-devices.ts";

/** 64 kbit/s. */
const BYTES_PER_SECOND = 8_000;
const WAITING = 5_000;
/** Text that no link compresses. */
const body = (n: number) => `${n} ${randomBytes(100).toString("base64")}`;
/** More than the link carries in half a minute, within which the SDK pings and gives up silent connections. */
const ENOUGH = 2_000;

let server: Server;
let link: SlowLink;

beforeAll(async () => {
  server = await startSelfhost();
  link = await SlowLink.open(Number(new URL(server.url).port), BYTES_PER_SECOND);
});

afterAll(async () => {
  link?.close();
  await server?.stop();
});

test("[W6] over 64 kbit/s a device with 5,000 messages waiting connects once, and receives them in order", async () => {
  const alice = await open(server.url, "alice");
  for (let id = 1; id <= WAITING; id += 500) {
    alice.send(...Array.from({ length: 500 }, (_, i) => ({ type: "send", id: id + i, to: "bob", body: body(id + i) })));
    await alice.take("accepted", 500);
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  alice.socket.close();

  const bob = connect({ url: link.url, userName: "bob", device: "phone" });
  const states: string[] = [];
  const numbers: number[] = [];
  const ended = Promise.withResolvers<void>();
  bob.connection.subscribe(({ is }) => {
    if (states.at(-1) !== is) states.push(is);
    if (is === "waiting" || is === "stopped") ended.resolve();
  });
  bob.messages.subscribe(({ body }) => {
    numbers.push(Number.parseInt(String(body), 10));
    if (numbers.length >= ENOUGH) ended.resolve();
  });
  await ended.promise;
  expect(states).toEqual(["connecting", "open"]);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(ENOUGH);
  await bob.close();
});
