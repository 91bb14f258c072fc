// Acks: which one goes at once, which one waits for a text that takes it along, and for how long.
import { beforeEach, expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import {
  ACK_DELAY,
  accepted,
  advance,
  connectedClient,
  type Frame,
  fromBob,
  type Link,
  link,
  mark,
  newClient,
  PAUSE,
  playNetwork,
  send,
  settle,
} from "./scripted.ts";

beforeEach(playNetwork);

const ack = (seq: number): Frame => ({ type: "ack", seq });

/** The texts since the welcome, each as its frames. */
const textsOf = ({ texts }: Link): Frame[][] => texts.map((text) => [JSON.parse(text)].flat() as Frame[]);

/** The own message with this id, of this device, as the log shows it. */
const own = (id: number, seq: number): Frame => {
  const numbers = { seq, id, at: seq };
  return { type: "message", from: "alice", to: "bob", device: link().query["device"], ...numbers };
};

/** A message that the user sent from another device. */
const carbon = (seq: number, body: string): Frame => ({ ...own(seq, seq), device: "other", body });

/** A client of which the first message was accepted; its ack waits. */
async function sender(): Promise<{ me: Restante; mailbox: Link }> {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "hi");
  await settle();
  await mailbox.deliver(own(1, 4), accepted(1, 4));
  return { me, mailbox };
}

test("[W2] the ack of somebody else's message goes at once, though another one was just sent", async () => {
  const { mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1));
  await mailbox.deliver(fromBob(2));
  expect(textsOf(mailbox)).toEqual([[ack(1)], [ack(2)]]);
});

test("[W2] an ack for which no author waits goes with the next text", async () => {
  const { me, mailbox } = await sender();
  await advance(ACK_DELAY - 1);
  me.send("bob", "there");
  await settle();
  expect(textsOf(mailbox)).toEqual([[send(1, "hi")], [ack(4), send(2, "there")]]);
  await mailbox.deliver(own(2, 5), accepted(2, 5));
  await advance(1);
  me.send("bob", "a");
  me.send("carol", "b");
  await settle();
  // The timer of the first ack has run out meanwhile.
  expect(textsOf(mailbox).slice(2)).toEqual([[ack(5)], [send(3, "a"), send(4, "b", "carol")]]);
  await mailbox.deliver(own(3, 6), own(4, 7));
  me.typing("bob");
  await settle();
  expect(textsOf(mailbox).at(-1)).toEqual([ack(7), { type: "typing", to: "bob" }]);
});

test("[W2] an ack for which no author waits goes after 200 ms at the latest", async () => {
  const { mailbox } = await sender();
  await advance(150);
  await mailbox.deliver(mark(5, { stored: 4 }));
  await advance(49);
  expect(textsOf(mailbox).slice(1)).toEqual([]);
  await advance(1);
  expect(textsOf(mailbox).slice(1)).toEqual([[ack(5)]]);
  await advance(10_000);
  expect(textsOf(mailbox).flat()).toHaveLength(2);
});

test.each<[what: string, limits: { window: number; windowBytes: number }, frame: (seq: number) => Frame]>([
  ["frames", { window: 8, windowBytes: 4e6 }, (seq) => mark(seq, { stored: seq })],
  ["bytes", { window: 4_096, windowBytes: 4_000 }, (seq) => carbon(seq, "x".repeat(500))],
])("[W2][W1] an ack does not wait once a quarter of the window is unacknowledged, in %s", async (_, window, frame) => {
  await newClient();
  const limits = { bodyBytes: 65_536, textBytes: 1_000_000, frames: 4_096, ...window };
  await link().welcome({ limits });
  await link().deliver(frame(1));
  expect(textsOf(link())).toEqual([]);
  await advance(ACK_DELAY);
  await link().deliver(frame(2), frame(3));
  expect(textsOf(link())).toEqual([[ack(1)], [ack(3)]]);
});

test("[W2] close() sends the ack that waits", async () => {
  const { me, mailbox } = await sender();
  await me.close();
  expect(textsOf(mailbox).slice(1)).toEqual([[ack(4)]]);
  await advance(10_000);
  expect(mailbox.texts).toHaveLength(2);
});

test("[W2][R1] an ack that waits when the connection is lost goes with the cursor of the next one", async () => {
  const { mailbox } = await sender();
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("4");
  await link().welcome({ lastId: 1 });
  await advance(10_000);
  expect([mailbox.texts.length, await link().sent()]).toEqual([1, []]);
});

test("[T18][R1] what is taken between an attempt and its welcome is acknowledged, though the cursor was older", async () => {
  const { me, mailbox } = await connectedClient();
  let go: () => void = () => undefined;
  void (async () => {
    for await (const _ of me.messages) await new Promise<void>((done) => (go = done));
  })();
  await mailbox.deliver(fromBob(1), fromBob(2));
  go();
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("1");
  go();
  await settle();
  await link().welcome();
  await link().deliver(fromBob(2));
  expect(await link().sent()).toEqual([ack(2)]);
});

test("[W2][E3] a message that a listener reads or answers is acknowledged in the same text", async () => {
  const { me, mailbox } = await connectedClient();
  const stop = me.messages.subscribe(({ from }) => me.read(from));
  await mailbox.deliver(fromBob(1));
  expect(textsOf(mailbox)).toEqual([[ack(1), { type: "read", peer: "bob", seq: 1 }]]);
  stop();
  me.messages.subscribe(({ from }) => void me.send(from, "yes"));
  await mailbox.deliver(fromBob(2));
  expect(textsOf(mailbox).slice(1)).toEqual([[ack(2), send(1, "yes")]]);
});

test("[W2][E3] a message that an iteration reads is acknowledged in the same text", async () => {
  const { me, mailbox } = await connectedClient();
  void (async () => {
    for await (const message of me.messages) me.read(message.from, message);
  })();
  await mailbox.deliver(fromBob(1));
  expect(textsOf(mailbox)).toEqual([[ack(1), { type: "read", peer: "bob", seq: 1 }]]);
});

test("[W2] an iteration gives each message once, and its unfinished message is not acknowledged, nor by a new connection", async () => {
  const { me, mailbox } = await connectedClient();
  const given: unknown[] = [];
  let go: () => void = () => undefined;
  void (async () => {
    for await (const { body } of me.messages) {
      given.push(body);
      await new Promise<void>((done) => (go = done));
    }
  })();
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  const acks = async () => (await mailbox.sent()).map(({ seq }) => seq);
  expect([given, await acks()]).toEqual([["message 1"], []]);
  go();
  await settle();
  expect([given.length, await acks()]).toEqual([2, [1]]);
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("1");
  await link().welcome();
  await link().deliver(fromBob(2), fromBob(3));
  go();
  await settle();
  go();
  await advance(ACK_DELAY);
  expect(given).toEqual(["message 1", "message 2", "message 3"]);
  expect((await link().sent()).at(-1)).toEqual({ type: "ack", seq: 3 });
});

test("[W2] while an iteration takes one message after the other, there is one ack in 200 ms", async () => {
  const { me, mailbox } = await connectedClient();
  let go: () => void = () => undefined;
  void (async () => {
    for await (const _ of me.messages) await new Promise<void>((done) => (go = done));
  })();
  await mailbox.deliver(...[1, 2, 3, 4, 5].map((seq) => fromBob(seq)));
  for (const pause of [10, 10, 10, 180]) {
    go();
    await advance(pause);
  }
  expect(textsOf(mailbox)).toEqual([[ack(1)], [ack(4)]]);
  go();
  await settle();
  expect(textsOf(mailbox).slice(2)).toEqual([[ack(5)]]);
});

test.each([
  ["that has one frame", { textBytes: 1_000_000, frames: 1 }],
  ["that is large", { textBytes: 100, frames: 4_096 }],
])("[F3] an ack is a text of its own beside one %s", async (_, text) => {
  const me = await newClient();
  const limits = { window: 4_096, windowBytes: 4e6, bodyBytes: 65_536, ...text };
  await link().welcome({ limits });
  me.messages.subscribe(({ from }) => me.read(from));
  await link().deliver(fromBob(1));
  expect(textsOf(link())).toEqual([[{ type: "read", peer: "bob", seq: 1 }], [ack(1)]]);
});
