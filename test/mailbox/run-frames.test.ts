// Frames for runs: a device that asked for them is sent the same messages in fewer frames, and may send runs too.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { type Down, readDown } from "../../src/protocol/down.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { Random } from "../chaos/random.ts";
import { expandRuns } from "../support/encode-runs.ts";
import { fresh, socketOf, open, sendAll, upgrade, world } from "../support/devices.ts";
import type { Device, Frame } from "../support/client-socket.ts";

const send = (to: string, id: number, ...bodies: unknown[]): Frame => ({ type: "send", id, to, bodies });

/** Each message of these frames, by itself. */
function each(frames: readonly Frame[]): Down[] {
  return frames.flatMap((frame) => {
    const down = readDown(frame);
    return down === null ? [] : [...expandRuns(down)];
  });
}

function messages(frames: readonly Frame[]): Down[] {
  return each(frames).filter(({ type }) => type === "message");
}

/** Frames until `count` messages came. */
async function received(device: Device, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (messages(frames).length < count) frames.push(await device.next());
  return frames;
}

const plainly = (downs: readonly Down[]) => downs.map((down) => JSON.parse(JSON.stringify(down)) as Frame);

test("[F8] a device that asked for runs is sent a run as one frame, another device as single messages", async () => {
  const { a, b, alice } = await world();
  const [quick, other] = [await open(b, "quick", "&runs=1"), await open(b, "other")];
  expect([quick.welcome.runs, other.welcome.runs]).toEqual([true, undefined]);
  alice.send(...["x", { y: [1] }, null].map((body, i) => ({ type: "send", id: i + 1, to: b, body })));
  const run = await quick.next();
  expect(run).toMatchObject({ type: "message", from: a, to: b, count: 3, bodies: ["x", { y: [1] }, null] });
  const single = await other.take("message", 3);
  expect(single.every((frame) => "body" in frame && !("count" in frame))).toBe(true);
  expect(run["seq"]).toBe(single.at(-1)?.["seq"]);
  expect(plainly(each([run]))).toEqual(single);
});

test("[S7][F8] a run that a device sends is accepted with one frame, and comes back to that device without bodies", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a, "phone", "&runs=1");
  const [laptop, bob] = [await open(a, "laptop", "&runs=1"), await open(b)];
  alice.send(send(b, 3, "one", "two", "three"));
  const [own, answer] = [await alice.next(), await alice.next()];
  expect(own).toMatchObject({ type: "message", from: a, to: b, id: 3, device: "phone", count: 3 });
  expect(own).not.toHaveProperty("bodies");
  expect(answer).toEqual({ type: "accepted", id: 3, entry: own["seq"], at: own["at"], state: "stored", count: 3 });
  expect(await laptop.next()).toEqual({ ...own, bodies: ["one", "two", "three"] });
  expect((await bob.take("message", 3)).map(({ body }) => body)).toEqual(["one", "two", "three"]);
  alice.send(send(b, 3, "one", "two", "three"));
  expect(await alice.until("accepted")).toEqual(answer);
});

test("[F8] a run from a device that was not granted runs is taken, and what that device is sent has none", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b, "phone", "&runs=1")];
  expect(alice.welcome).not.toHaveProperty("runs");
  alice.send(send(b, 3, "one", "two", "three"));
  const frames = [...(await alice.take("message", 3)), ...(await alice.take("accepted", 3))];
  expect(frames.map(({ id }) => id)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(frames.every((frame) => !("count" in frame) && !("bodies" in frame))).toBe(true);
  expect(await bob.next()).toMatchObject({ count: 3, bodies: ["one", "two", "three"] });
});

test.each(["", "&runs=1"])("[F8] body beside bodies counts, and a count up is ignored%s", async (query) => {
  const { b, alice } = await world();
  const [sender, bob] = [await open(alice.welcome.user, "other", query), await open(b)];
  sender.send({ ...send(b, 1, "x", "y"), body: "the body" });
  expect(await sender.until("accepted")).toMatchObject({ id: 1, state: "stored" });
  sender.send({ ...send(b, 3, "two", "three"), count: 7 });
  sender.send({ type: "send", id: 4, to: b, body: "four", count: 3 });
  expect((await bob.take("message", 4)).map(({ body }) => body)).toEqual(["the body", "two", "three", "four"]);
  expect(await bob.settled()).toEqual([]);
});

test("[S4][F8] after the first refused message of a run, the later ones are refused as well", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  alice.send(send(b, 4, "one", "two", "x".repeat(LIMITS.bodyBytes), "four"));
  const answers = [...(await alice.take("refused", 2)), ...(await alice.take("accepted", 2))];
  expect(answers.map(({ type, id, code }) => [type, id, code])).toEqual([
    ["refused", 3, "too_large"],
    ["refused", 4, "out_of_order"],
    ["accepted", 1, undefined],
    ["accepted", 2, undefined],
  ]);
  alice.send(send(b, 3, "again"));
  expect(await alice.until("accepted")).toMatchObject({ id: 3 });
  expect((await bob.take("message", 3)).map(({ body }) => body)).toEqual(["one", "two", "again"]);
});

test.each([
  ["no body", { bodies: [] }, "refused", 1],
  ["more bodies than ids", { id: 2, bodies: [1, 2, 3] }, "refused", 2],
  ["no receiver", { id: 2, to: 7, bodies: [1, 2] }, "refused", 2],
  ["bodies that are no list", { id: 1, bodies: { length: 2 } }, "refused", 1],
  ["no id", { id: "2", bodies: [1] }, "error", undefined],
])("[F5][F8] a run with %s is answered once, and none of its messages is written", async (_, fields, type, id) => {
  const { b, alice } = await world();
  const { head } = alice.welcome;
  alice.send({ type: "send", id: 1, to: b, ...fields });
  const answers = [await alice.next(), ...(await alice.settled())];
  expect(answers.map((answer) => [answer["type"], answer["id"], answer["code"]])).toEqual([[type, id, "bad_frame"]]);
  alice.socket.close();
  const again = await open(alice.welcome.user);
  expect([again.welcome.head, again.welcome.lastId]).toEqual([head, 0]);
});

test("[F8] beside a body, bodies are ignored", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  alice.send({ ...send(b, 1, "one", "two"), body: "this one" });
  expect(await alice.until("accepted")).toMatchObject({ id: 1 });
  expect(await bob.next()).toMatchObject({ type: "message", body: "this one" });
});

test("[F3][F8] the limit of frames in a text counts the messages of runs", async () => {
  const { b, alice } = await world();
  const half = LIMITS.frames / 2;
  const bodies = Array.from({ length: half }, (_, i) => i);
  alice.send(send(b, half, ...bodies), send(b, 2 * half + 1, ...bodies, 0));
  expect(await alice.next()).toMatchObject({ type: "error", code: "too_large" });
  alice.send(send(b, half, ...bodies), send(b, 2 * half, ...bodies));
  expect((await alice.take("accepted", 2 * half)).at(-1)).toMatchObject({ id: 2 * half });
});

test("[F3][F4] a run without bodies counts as one frame of its text", async () => {
  const { b, alice } = await world();
  alice.send(...Array.from({ length: LIMITS.frames + 1 }, () => send(b, 1)));
  const answers = [await alice.next(), ...(await alice.settled())];
  expect(answers.map(({ type, code }) => [type, code])).toEqual([["error", "too_large"]]);
});

test("[D3] a query with another value than runs=1 is refused, and the field is named", async () => {
  const line = await upgrade(`/client/${fresh("alice")}?device=phone&runs=yes`, "restante.v1");
  const ws = line.webSocket;
  const said = new Promise<string>((done) => ws?.addEventListener("message", ({ data }) => done(String(data))));
  ws?.accept();
  expect(JSON.parse(await said)).toMatchObject({
    type: "closing",
    code: 4400,
    message: expect.stringContaining("runs"),
  });
});

test("[W1][W5][F8] the window counts messages, not frames, and an ack of one of them does not fill it again", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, LIMITS.window + 200);
  const bob = await open(b, "phone", "&runs=1");
  const frames = messages(await bob.settled());
  expect(frames.length).toBe(LIMITS.window);
  const at = (n: number) => (frames[n] as { readonly seq: number }).seq;
  bob.ack(at(0));
  expect(messages(await bob.settled())).toEqual([]);
  bob.ack(at(LIMITS.window - 1));
  const rest = messages(await received(bob, 200)) as { readonly body: unknown }[];
  expect(rest.map(({ body }) => body)).toEqual(Array.from({ length: 200 }, (_, i) => LIMITS.window + 1 + i));
});

test("[W1][F3][F8] a run is never larger than a text, and all that is under way never larger than the window", async () => {
  const { b, alice } = await world();
  // Three bytes in each UTF-16 unit.
  const body = "的".repeat(20_000);
  for (let n = 0; n < 10; n++) await sendAll(alice, b, 10, () => body);
  const line = socketOf(await upgrade(`/client/${b}?device=phone&runs=1`, "restante.v1"));
  line.sendText("{}");
  let [bytes, seen, text] = [0, 0, ""];
  while (!text.includes('"type":"error"')) {
    text = await line.text();
    const size = new TextEncoder().encode(text).length;
    expect(size).toBeLessThanOrEqual(LIMITS.textBytes);
    bytes += size;
    seen += messages([JSON.parse(text)].flat() as Frame[]).length;
  }
  expect(seen).toBeGreaterThan(60);
  expect(bytes).toBeLessThanOrEqual(LIMITS.windowBytes);
});

test("[F8][R1] a device with a cursor in the middle of a run is sent the rest of it", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 5);
  const [all] = await received(await open(b, "other", "&runs=1"), 5);
  expect(all).toMatchObject({ count: 5 });
  const bob = await open(b, "phone", `&runs=1&cursor=${Number(all?.["seq"]) - 3}`);
  expect(await bob.next()).toMatchObject({ seq: all?.["seq"], count: 3, bodies: [3, 4, 5] });
});

test("[V5] a socket that older code accepted continues without runs", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await bob.settled();
  const stub = env.MAILBOX.getByName(b);
  await runInDurableObject(stub, (_, state) => {
    for (const ws of state.getWebSockets()) {
      const { runs: __, ...place } = ws.deserializeAttachment() as { readonly runs: boolean };
      ws.serializeAttachment(place);
    }
  });
  await evictDurableObject(stub);
  await sendAll(alice, b, 2);
  expect(await bob.next()).toMatchObject({ type: "message", body: 1 });
});

test("[F8] a socket still reads runs after hibernation", async () => {
  const { b, alice } = await world();
  const bob = await open(b, "phone", "&runs=1");
  await bob.settled();
  await evictDurableObject(env.MAILBOX.getByName(b));
  await sendAll(alice, b, 5);
  expect(await bob.next()).toMatchObject({ count: 5, bodies: [1, 2, 3, 4, 5] });
});

test("[F8] a device that reads runs is shown the same as another one, in every mixture of what its peers send", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const [a, b] = [fresh("alice"), fresh("bob")];
    const one = await open(b, "one", "&runs=1");
    const all = await open(b, "all");
    const senders = [await open(a, "phone", "&runs=1"), await open(a, "laptop"), one, await open(b, "desk")];
    const ids = senders.map(() => 0);
    let sent = 0;
    for (let round = 0; round < 30; round++) {
      const who = random.below(senders.length);
      const [sender, to] = [senders[who], random.pick([a, b])];
      const bodies = Array.from({ length: 1 + random.below(6) }, (_, i) => `${round}.${i}`);
      const first = (ids[who] ?? 0) + 1;
      ids[who] = first + bodies.length - 1;
      sent += who > 1 || to === b ? bodies.length : 0;
      if (random.chance(0.5)) sender?.send(send(to, ids[who], ...bodies));
      else sender?.send(...bodies.map((body, i) => ({ type: "send", id: first + i, to, body })));
      // The frames of `one` are read at the end.
      if (random.chance(0.3) && sender !== one) await sender?.settled();
    }
    const whole = messages(await received(all, sent));
    const frames = await received(one, sent);
    const folded = messages(frames);
    expect(frames.length).toBeLessThan(sent);
    // Its own messages have no body there.
    const bare = (down: Down) =>
      down.type === "message" && down.device === "one" ? { ...down, body: undefined } : down;
    expect(plainly(folded.map(bare)), `seed ${seed}`).toEqual(plainly(whole.map(bare)));
  }
});
