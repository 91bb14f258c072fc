// Iterations over the messages of others: what counts as taken, when the loop is left and when the client ends.
import { beforeEach, expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { ACK_DELAY, advance, connectedClient, fromBob, type Link, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** The seqs that were acknowledged since the last call. */
const acks = async (mailbox: Link) => (await mailbox.sent()).filter(({ type }) => type === "ack").map(({ seq }) => seq);

/** Five messages of bob; `work` is done on each. Returns the seqs that the loop was given. */
async function iterate(me: Restante, work: (seq: number) => boolean): Promise<number[]> {
  const given: number[] = [];
  for await (const { seq } of me.messages) {
    given.push(seq ?? 0);
    if (work(seq ?? 0)) break;
  }
  return given;
}

const deliverFive = (mailbox: Link) => mailbox.deliver(...[1, 2, 3, 4, 5].map((seq) => fromBob(seq)));

const fail = (): never => {
  throw new Error("the work failed");
};

test.each<[how: string, leave: () => boolean]>([
  ["an error in its body", fail],
  ["break", () => true],
])(
  "[W2] a loop that %s ends does not take the message that it was at, and the next loop begins with it",
  async (_, leave) => {
    const { me, mailbox } = await connectedClient();
    const first = iterate(me, (seq) => seq === 3 && leave()).catch(() => []);
    await deliverFive(mailbox);
    await first;
    await advance(10 * ACK_DELAY);
    expect((await acks(mailbox)).at(-1)).toBe(2);
    const second = iterate(me, (seq) => seq === 5);
    expect(await second).toEqual([3, 4, 5]);
    await advance(ACK_DELAY);
    expect(await acks(mailbox)).toEqual([4]);
  },
);

test("[W2] an iterator that is ended between two messages does not take the one that it gave last", async () => {
  const { me, mailbox } = await connectedClient();
  const iterator = me.messages[Symbol.asyncIterator]();
  const first = iterator.next();
  await deliverFive(mailbox);
  expect((await first).value?.seq).toBe(1);
  await iterator.return?.();
  const next = await me.messages[Symbol.asyncIterator]().next();
  expect(next.value?.seq).toBe(1);
});

test("[W2] close() acknowledges what a loop has taken, and not what the loop is at", async () => {
  const { me, mailbox } = await connectedClient();
  let go: () => void = () => undefined;
  void (async () => {
    for await (const _ of me.messages) await new Promise<void>((done) => (go = done));
  })();
  await deliverFive(mailbox);
  for (const _ of [1, 2]) {
    go();
    await settle();
  }
  expect(await acks(mailbox)).toEqual([1]);
  await me.close();
  expect(await acks(mailbox)).toEqual([2]);
});

test("[W2] after close() a loop is given nothing more, because it could not be acknowledged", async () => {
  const { me, mailbox } = await connectedClient();
  let go: () => void = () => undefined;
  const given: unknown[] = [];
  const over = (async () => {
    for await (const { seq } of me.messages) {
      given.push(seq);
      await new Promise<void>((done) => (go = done));
    }
  })();
  await deliverFive(mailbox);
  await me.close();
  go();
  await over;
  expect([given, await acks(mailbox)]).toEqual([[1], []]);
});

test("[W2] close() resolves when the mailbox has answered the close, so that the last ack has left", async () => {
  const { me, mailbox } = await connectedClient();
  mailbox.answersClose = false;
  let isClosed = false;
  const closed = me.close().then(() => (isClosed = true));
  await advance(999);
  expect(isClosed).toBe(false);
  await mailbox.cut(1000);
  await settle();
  expect(isClosed).toBe(true);
  await closed;
});

test("close() without an answer of the mailbox resolves after 1 s", async () => {
  const { me, mailbox } = await connectedClient();
  mailbox.answersClose = false;
  const closed = me.close();
  await advance(1_000);
  await closed;
});
