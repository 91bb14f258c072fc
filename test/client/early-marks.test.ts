// Early marks: without a seq, because the mailbox may still lose them.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore, type Restante } from "../../src/client/connect.ts";
import {
  ACK_DELAY,
  accepted,
  advance,
  connectedClient,
  type Frame,
  fromBob,
  link,
  type Link,
  mark,
  newClient,
  PAUSE,
  playNetwork,
  reconnect,
  settle,
} from "./scripted.ts";

beforeEach(playNetwork);

/** The marks of the conversation with bob, before they have a seq. */
const earlyMark = (marks: Record<string, number>): Frame => ({ type: "mark", peer: "bob", ...marks });

const readUpTo = (seq: number): Frame => ({ type: "read", peer: "bob", seq });

const GRANTED = { early: true };

/** What the client says on its next connection. */
async function saidNext(mailbox: Link): Promise<Frame[]> {
  return (await reconnect(mailbox, GRANTED)).sent();
}

/** A client that has sent one message, with the seq 1. */
async function sender(): Promise<{ me: Restante; mailbox: Link; state: () => string }> {
  const { me, mailbox } = await connectedClient();
  const message = me.send("bob", "hi");
  await settle();
  await mailbox.deliver(accepted(1, 1));
  await mailbox.sent();
  return { me, mailbox, state: () => message.state.value.is };
}

test("[E6] an early mark shows that a message was delivered and read, moves no cursor, and is not acknowledged", async () => {
  const { mailbox, state } = await sender();
  await mailbox.deliver(mark(2, { stored: 1 }));
  await advance(ACK_DELAY);
  expect(await mailbox.sent()).toEqual([{ type: "ack", seq: 2 }]);
  await mailbox.deliver(earlyMark({ stored: 1, delivered: 1 }));
  expect(state()).toBe("delivered");
  await mailbox.deliver(earlyMark({ stored: 1, delivered: 1, read: 1 }));
  expect(state()).toBe("read");
  await advance(10_000);
  expect(await mailbox.sent()).toEqual([]);
  const next = await reconnect(mailbox, GRANTED);
  expect(next.query["cursor"]).toBe("2");
  await next.deliver(mark(3, { stored: 1, delivered: 1, read: 1 }));
  await advance(ACK_DELAY);
  expect(await next.sent()).toEqual([{ type: "ack", seq: 3 }]);
});

test("[E6] marks never go back, though a mailbox that has lost early ones sends lower ones", async () => {
  const { me, mailbox, state } = await sender();
  await mailbox.deliver(fromBob(2), fromBob(3), earlyMark({ stored: 1, delivered: 1, read: 1, mine: 3 }));
  const unread = () => me.conversations.value.map(({ unread: count }) => count);
  expect([state(), unread()]).toEqual(["read", [0]]);
  const next = await reconnect(mailbox, GRANTED);
  await next.deliver(mark(4, { stored: 1, mine: 2 }));
  expect([state(), unread()]).toEqual(["read", [0]]);
  await next.deliver(earlyMark({ stored: 1, delivered: 1 }));
  expect([state(), unread()]).toEqual(["read", [0]]);
  await advance(ACK_DELAY);
  expect(await next.sent()).toEqual([readUpTo(3), { type: "ack", seq: 4 }]);
  // All of it was read before.
  me.read("bob");
  expect(await next.sent()).toEqual([]);
});

test("[E7][T15] what the user has read is said on each connection until a mark with a seq confirms it, and not after that", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2));
  await mailbox.sent();
  me.read("bob");
  expect(await mailbox.sent()).toEqual([readUpTo(2)]);
  await mailbox.deliver(earlyMark({ mine: 2 }));
  expect(await saidNext(mailbox)).toEqual([readUpTo(2)]);
  await link().deliver(earlyMark({ mine: 2 }));
  expect(await saidNext(link())).toEqual([readUpTo(2)]);
  await link().deliver(mark(3, { mine: 2 }));
  expect(await saidNext(link())).toEqual([]);
});

test("[E7][T15] what was read on another device is said by this one too, after an early mark", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3), earlyMark({ mine: 2 }));
  expect(me.conversations.value.map(({ unread }) => unread)).toEqual([1]);
  expect(await saidNext(mailbox)).toEqual([readUpTo(2)]);
  await link().deliver(mark(4, { mine: 2 }));
  expect(await saidNext(link())).toEqual([]);
});

test("[E7][T15] a mark that is lower than what the user has read confirms nothing, with a seq and without", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  me.read("bob");
  expect(await mailbox.sent()).toContainEqual(readUpTo(3));
  await mailbox.deliver(earlyMark({ mine: 2 }));
  expect(await saidNext(mailbox)).toEqual([readUpTo(3)]);
  await link().deliver(mark(4, { mine: 2 }));
  expect(await saidNext(link())).toEqual([readUpTo(3)]);
  await link().deliver(mark(5, { stored: 1 }));
  expect(await saidNext(link())).toEqual([readUpTo(3)]);
});

test("[E7][T15] a client that starts again says what no mark with a seq has confirmed", async () => {
  const store = memoryStore();
  const restart = async (me: Restante): Promise<Restante> => {
    await me.close();
    const next = await newClient({ store });
    await link().welcome(GRANTED);
    return next;
  };
  const { me, mailbox } = await connectedClient({ store });
  await mailbox.deliver(fromBob(1), fromBob(2), earlyMark({ mine: 1 }));
  const second = await restart(me);
  expect(await link().sent()).toEqual([readUpTo(1)]);
  // One text confirms it, and says that more was read.
  await link().deliver(mark(3, { mine: 1 }), earlyMark({ mine: 2 }));
  const third = await restart(second);
  expect(await link().sent()).toEqual([readUpTo(2)]);
  await link().deliver(mark(4, { mine: 2 }));
  await restart(third);
  expect(await link().sent()).toEqual([]);
});

test("[E6][V2] a mailbox of older code grants no early marks, and each of its marks is acknowledged and confirms", async () => {
  const { me, mailbox } = await connectedClient();
  expect(mailbox.query["early"]).toBe("1");
  await mailbox.deliver(fromBob(1), fromBob(2));
  me.read("bob");
  await mailbox.sent();
  await mailbox.deliver(mark(3, { mine: 2 }));
  await advance(ACK_DELAY);
  expect(await mailbox.sent()).toEqual([{ type: "ack", seq: 3 }]);
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query).toMatchObject({ early: "1", cursor: "3" });
  await link().welcome();
  expect(await link().sent()).toEqual([]);
});

test("[T15] reads and watches that the mailbox may have dropped are said once more after retryAfter", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1));
  me.presence.watch(["bob"]);
  me.read("bob");
  await mailbox.sent();
  const dropped = { type: "error", code: "rate_limited", message: "Dropped.", retryAfter: 3_000 };
  for (let i = 0; i < 3; i++) await mailbox.deliver(dropped);
  await advance(2_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  const again = [{ type: "watch", peers: ["bob"] }, readUpTo(1)];
  expect(await mailbox.sent()).toEqual(again);
  await advance(10_000);
  expect(await mailbox.sent()).toEqual([]);
  await mailbox.deliver({ ...dropped, code: "bad_frame" });
  await advance(3_000);
  expect(await mailbox.sent()).toEqual([]);
  await mailbox.deliver(dropped);
  await me.close();
  expect(vi.getTimerCount()).toBe(0);
});
