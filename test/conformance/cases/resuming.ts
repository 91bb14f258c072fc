// Coming back: after an hour, after a year, to another epoch, to a mailbox that was restored to an older copy.
import type { Case } from "../case.ts";
import { accepted, type Frame, mark, message, messages, own } from "../frames.ts";
import { acceptEach } from "./steps.ts";
import { expectCursor, expectGap } from "./log.ts";

const bodiesOf = (frames: readonly Frame[]) => frames.map(({ body }) => body);

/** Entries of a year, and frames of one window. */
const YEAR = 10_000;
/** Ms for thousands of messages, each of which is a line of a client in any language. */
const BULK_MS = 60_000;
const WINDOW = 4_096;

export const RESUMING: readonly Case[] = [
  {
    name: "[T10][R5][R2] after a gap in the middle the client goes on behind it",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      const gap = { type: "gap", from: 6, seq: 9 };
      link.deliver(message(5), gap, message(10));
      expectGap(await client.saw({ is: "gap" }), gap, recording);
      await link.acked(10);
      link.deliver({ type: "gap", from: 11, seq: 20 });
      await link.acked(20);
      link.cut();
      const again = await reconnect({ head: 20 });
      expectCursor(again, 20, recording);
      again.deliver(message(21));
      await client.shows(["message 5", "message 10", "message 21"]);
    },
  },
  {
    name: "[T10][R3] a gap that comes again is reported once",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      const gap = { type: "gap", from: 6, seq: 9 };
      link.deliver(message(5), gap);
      await client.saw({ is: "gap" });
      link.cut();
      const again = await reconnect({ head: 10 });
      // The mailbox has had no ack of it.
      again.deliver(gap, message(10));
      await again.acked(10);
      await client.shows(["message 5", "message 10"]);
      if (client.events.filter(({ is }) => is === "gap").length > 1)
        throw recording.failure("The client has reported one gap twice.");
    },
  },
  {
    name: "[T8][R2] another epoch: the log starts over, the outbox gets new numbers, and old seqs are forgotten",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect({ head: 5_000 });
      link.deliver(message(5_000, "before"), mark(5_001, { stored: 4_000, delivered: 3_000 }));
      await link.acked(5_001);
      client.do({ do: "read", peer: "bob", seq: 5_000 });
      await link.next("read");
      await client.sends(["unanswered"]);
      await link.takes(1, "unanswered");
      await link.reads(5_002);
      link.cut();
      const other = await reconnect({ epoch: "e2", head: 90, lastId: 7 });
      expectCursor(other, 5_002, recording);
      const gap = { type: "gap", from: 1, seq: 90 };
      other.deliver(gap);
      expectGap(await client.saw({ is: "gap" }), gap, recording);
      await other.takes(8, "unanswered");
      other.deliver(own(91, 8), accepted(8, 91), message(92, "after", { origin: 5_100 }));
      await other.acked(92);
      await client.shows(["before", "unanswered", "after"]);
      // Its seq means another message now, or none.
      if (other.frames.some(({ type }) => type === "read"))
        throw recording.failure("The client says `read` with a seq of the epoch before.");
      await client.startAgain();
      const again = await reconnect({ epoch: "e2", head: 92, lastId: 8 });
      expectCursor(again, 92, recording);
      if (again.query["epoch"] !== "e2") throw recording.failure(`Expected epoch=e2, came ${again.query["epoch"]}.`);
      await again.holdsBack(93);
      if (again.frames.some(({ type }) => type === "read"))
        throw recording.failure("The client says `read` with a seq of the epoch before.");
    },
  },
  {
    name: "[T8][S2] another epoch whose lastId covers an old number: the message still gets a new one",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["a", "b"]);
      await link.takes(1, "a");
      link.cut();
      const other = await reconnect({ epoch: "e2", head: 9, lastId: 12 });
      other.deliver({ type: "gap", from: 1, seq: 9 });
      await acceptEach(other, 13, 10, ["a", "b"]);
      for (const key of ["a", "b"]) await client.saw({ is: "accepted", key });
    },
  },
  {
    name: "[T8][L6] another epoch: marks of the epoch before say nothing of its messages",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect({ head: 5_000 });
      link.deliver(mark(5_001, { stored: 4_000, delivered: 3_000, read: 2_000 }));
      await link.acked(5_001);
      await client.sends(["a"]);
      await link.takes(1, "a");
      link.cut();
      const other = await reconnect({ epoch: "e2", head: 90, lastId: 0 });
      other.deliver({ type: "gap", from: 1, seq: 90 });
      await other.takes(1, "a");
      const before = client.events.length;
      other.deliver(own(91, 1), accepted(1, 91, { state: "queued" }), message(92, "hi"));
      await client.saw({ is: "accepted", key: "a", state: "queued" });
      await other.acked(92);
      const wrong = client.events.slice(before).find(({ is, stored }) => is === "mark" && Number(stored) >= 91);
      if (wrong !== undefined) throw recording.failure(`The mark ${JSON.stringify(wrong)} is of the epoch before.`);
    },
  },
  {
    name: "[T9][R3][T14] a mailbox that was restored to an older copy: nothing is shown twice, and numbers follow its lastId",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      for (const [i, key] of ["one", "two", "three"].entries()) {
        await client.sends([key]);
        await link.takes(i + 1, key);
        link.deliver(own(11 + i, i + 1), accepted(i + 1, 11 + i));
        await client.saw({ is: "accepted", key });
      }
      link.deliver(...messages(21, 24));
      await link.acked(24);
      await client.sends(["pending"]);
      await link.takes(4, "pending");
      link.cut();
      // The copy has entries up to 22, and knows one send.
      const again = await reconnect({ head: 22, lastId: 1 });
      expectCursor(again, 24, recording);
      const gap = { type: "gap", from: 23, seq: 1_000 };
      again.deliver(gap);
      expectGap(await client.saw({ is: "gap" }), gap, recording);
      await again.takes(2, "pending");
      again.deliver(own(1_001, 2), accepted(2, 1_001));
      // Bob's mailbox sends again what the copy lacks; and something new.
      again.deliver(message(1_002, "message 23", { origin: 23 }), message(1_003, "message 24", { origin: 24 }));
      again.deliver(message(1_004, "new", { origin: 25 }));
      await again.acked(1_004);
      await client.sends(["later"]);
      await again.takes(3, "later");
      again.deliver(own(1_005, 3), accepted(3, 1_005));
      await again.acked(1_005);
      const shown = ["one", "two", "three", ...bodiesOf(messages(21, 24)), "pending", "new", "later"];
      await client.shows(shown);
    },
  },
  {
    name: "[W1][W2][T18] the client acknowledges each text of a full window, and goes on when the rest comes",
    async play({ client, connect }) {
      const link = await connect({ head: 5_000 });
      const all = messages(1, 5_000);
      // Only when the client has acknowledged the texts before it.
      for (const [from, to] of [
        [0, 1],
        [1, 1_000],
        [1_000, 4_095],
        [4_095, 4_096],
        [4_096, 5_000],
      ] as const) {
        link.deliver(...all.slice(from, to));
        await link.acked(to, BULK_MS);
      }
      await client.shows(bodiesOf(all), BULK_MS);
    },
  },
  {
    name: "[W1][T18] a full window in many texts at once is acknowledged to its end",
    async play({ client, connect }) {
      const link = await connect({ head: WINDOW });
      const all = messages(1, WINDOW);
      for (let at = 0; at < WINDOW; at += 512) link.deliver(...all.slice(at, at + 512));
      await link.acked(WINDOW, BULK_MS);
      link.deliver(message(WINDOW + 1));
      await link.acked(WINDOW + 1, BULK_MS);
      await client.shows([...bodiesOf(all), `message ${WINDOW + 1}`], BULK_MS);
    },
  },
  {
    name: "[R1][L4] a client that was away for a year is sent everything once, in windows, also over a loss",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(1));
      await link.acked(1, BULK_MS);
      await client.kill();
      await client.startAgain();
      const back = await reconnect({ head: YEAR });
      expectCursor(back, 1, recording);
      const all = messages(1, YEAR);
      back.deliver(...all.slice(1, WINDOW));
      await back.acked(WINDOW, BULK_MS);
      back.deliver(...all.slice(WINDOW, WINDOW + 2_000));
      await client.saw({ is: "message", seq: WINDOW + 1_000 }, BULK_MS);
      back.cut();
      const again = await reconnect({ head: YEAR });
      const from = Number(again.query["cursor"]);
      if (!(from >= WINDOW && from <= WINDOW + 2_000)) expectCursor(again, WINDOW, recording);
      again.deliver(...all.slice(from, from + WINDOW));
      await again.acked(from + WINDOW > YEAR ? YEAR : from + WINDOW, BULK_MS);
      again.deliver(...all.slice(from + WINDOW));
      await again.acked(YEAR, BULK_MS);
      await client.shows(bodiesOf(all), BULK_MS);
    },
  },
];
