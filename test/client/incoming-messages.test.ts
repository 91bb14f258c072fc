// The backlog of messages while there is no iteration, and the acks that it delays.
import { expect, test } from "vitest";
import { IncomingMessages } from "../../src/client/incoming-messages.ts";

const message = (seq: number) => {
  const people = { from: "bob", to: "alice", peer: "bob" };
  return { key: `${seq}`, seq, ...people, at: 7, body: seq, state: null };
};

test("the latest 1,000 messages wait for the next iteration, and at most 1,250 messages delay acks", async () => {
  const feed = new IncomingMessages(() => undefined);
  feed.push(message(1));
  for await (const _ of feed) break;
  for (let seq = 2; seq <= 1_249; seq++) feed.push(message(seq));
  expect(feed.takenUpTo()).toBe(0);
  feed.push(message(1_250));
  expect(feed.takenUpTo()).toBe(250);
  const given: number[] = [];
  for await (const { seq } of feed) {
    given.push(seq ?? 0);
    if (seq === 1_250) break;
  }
  expect(given).toEqual(Array.from({ length: 1_000 }, (_, i) => 251 + i));
  expect(feed.takenUpTo()).toBe(1_249);
});
