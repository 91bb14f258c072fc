// The main use case on real processes and real sockets: two users on two servers, without loss.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cut, open, plain } from "../support/tcp-devices.ts";
import { nextFrame } from "../support/client-socket.ts";
import { type Server, startFronts } from "../support/servers.ts";

let mailboxes: Server;
let first: Server;
let second: Server;

beforeAll(async () => {
  const started = await startFronts(2);
  [first, second] = started.fronts as [Server, Server];
  mailboxes = started.mailboxes;
});

afterAll(async () => {
  await Promise.all([first, second, mailboxes].map((server) => server?.stop()));
});

const bodies = (frames: Record<string, unknown>[]) => frames.map((frame) => frame["body"]);

test("two users on two servers exchange messages live, both ways", async () => {
  const [u1, u2] = [await open(first.url, "u1"), await open(second.url, "u2")];
  u1.send({ type: "send", id: 1, to: "u2", body: "你好" });
  expect(await u2.until("message")).toMatchObject({ from: "u1", body: "你好" });
  u2.send({ type: "send", id: 1, to: "u1", body: "hi" });
  const reply = await u1.until("message");
  expect(bodies([reply, await u1.until("message")])).toEqual([undefined, "hi"]);
  // The mark arrives after `accepted`; the next test that opens u2 must not receive it.
  await u2.mark("stored");
});

test("[L4][R1] a device that reconnects on the other server receives its five missed messages once, in order", async () => {
  const u1 = await open(first.url, "u1");
  const u2 = await open(second.url, "u2");
  u2.ack(u2.welcome.head);
  await cut(u2.socket);
  const next = u1.welcome.lastId + 1;
  for (let n = 0; n < 5; n++) u1.send({ type: "send", id: next + n, to: "u2", body: `away ${n}` });
  expect((await u1.take("accepted", 5)).map((frame) => frame["state"])).toEqual(Array(5).fill("stored"));
  const back = await open(first.url, "u2", "phone", `&epoch=${u2.welcome.epoch}&cursor=${u2.welcome.head}`);
  expect(bodies(await back.take("message", 5))).toEqual([0, 1, 2, 3, 4].map((n) => `away ${n}`));
  expect(await back.settled()).toEqual([]);
});

test("classic clients on two servers exchange messages, and a missed message arrives at the next connect", async () => {
  const [zhang, li] = [await plain(first.url, "张三"), await plain(second.url, "李四")];
  zhang.sendText(JSON.stringify({ receiver: "李四", msg: "在吗" }));
  expect(await nextFrame(li)).toMatchObject({ sender: "张三", receiver: "李四", msg: "在吗" });
  li.close();
  await li.untilClosed();
  zhang.sendText(JSON.stringify({ receiver: "李四", msg: "明天见" }));
  expect(await nextFrame(await plain(first.url, "李四"))).toMatchObject({ msg: "明天见" });
});

test("the census is correct across servers, with three tabs of one user", async () => {
  const online = async (server: Server) => (await fetch(`${server.url}/api/online`)).json();
  const before = (await online(first)) as { users: number; sockets: number };
  await open(first.url, "tabs", "one");
  await open(second.url, "tabs", "two");
  const third = await open(second.url, "tabs", "three");
  await expect.poll(() => online(first)).toEqual({ users: before.users + 1, sockets: before.sockets + 3 });
  third.socket.close();
  await expect.poll(() => online(second)).toEqual({ users: before.users + 1, sockets: before.sockets + 2 });
});

test("connects and disconnects are logged as lines of JSON, without message texts", async () => {
  const u3 = await open(first.url, "u3", "laptop");
  u3.send({ type: "send", id: 1, to: "u4", body: "a secret" });
  await u3.until("accepted");
  u3.socket.close();
  await u3.socket.untilClosed();
  const events = () =>
    mailboxes.output
      .split("\n")
      .filter((line) => line.startsWith('{"event"') && line.includes('"u3"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await expect.poll(() => events().length).toBe(2);
  const shard: unknown = expect.any(Number);
  const form = { level: "info", at: shard, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) };
  const counts = { ...form, shard, shardUsers: shard, shardSockets: shard };
  expect(events()).toEqual([
    { event: "connect", user: "u3", device: "laptop", sockets: 1, ...counts },
    { event: "disconnect", user: "u3", device: "laptop", sockets: 0, ...counts },
  ]);
  expect(mailboxes.output).not.toContain("a secret");
  expect(mailboxes.output).toContain('"auth_open"');
});

test("[S5][L4] after a kill of all processes in a burst every accepted message is there once, in order", async () => {
  const receivers = ["w1", "w2", "w3"];
  const accepted = new Map<number, string>();
  const sender = await open(first.url, "burst");
  let id = 0;
  const burst = () => {
    const batch = Array.from({ length: 20 }, () => ({ type: "send", id: ++id, to: receivers[id % 3], body: id }));
    sender.send(...batch);
  };
  for (let n = 0; n < 10; n++) burst();
  while (accepted.size < 60) {
    const { id: of, state } = await sender.until("accepted");
    accepted.set(Number(of), String(state));
    if (accepted.size % 20 === 0) burst();
  }
  await Promise.all([first.kill(), second.kill(), mailboxes.kill()]);
  await mailboxes.restart();
  await Promise.all([first.restart(), second.restart()]);

  // An `accepted` that was received before the connection broke counts.
  for (;;) {
    const frame = await sender.next().catch(() => null);
    if (frame === null) break;
    if (frame["type"] === "accepted") accepted.set(Number(frame["id"]), String(frame["state"]));
  }
  // A front server that has not found the mailboxes yet refuses, and a client retries.
  const again = await vi.waitFor(() => open(second.url, "burst"), { timeout: 30_000, interval: 200 });
  await vi.waitFor(() => open(first.url, "somebody"), { timeout: 30_000, interval: 200 });
  expect(again.welcome.lastId).toBeGreaterThanOrEqual(Math.max(...accepted.keys()));
  // Sent again, as by a device without answers: no message arrives twice.
  const last = again.welcome.lastId;
  for (let n = 1; n <= last; n++) again.send({ type: "send", id: n, to: receivers[n % 3], body: n });
  await again.take("accepted", last);
  const arrived: number[] = [];
  for (const name of receivers) {
    const receiver = await open(first.url, name);
    const expected = Array.from({ length: last }, (_, i) => i + 1).filter((n) => receivers[n % 3] === name);
    const got = bodies(await receiver.take("message", expected.length));
    expect(got).toEqual(expected);
    arrived.push(...(got as number[]));
    expect((await receiver.settled()).filter((frame) => frame["type"] === "message")).toEqual([]);
  }
  for (const n of accepted.keys()) expect(arrived).toContain(n);
});
