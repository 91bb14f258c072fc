// The log: what moves the cursor, what is shown, and what a client passes over.
import { type Case, skip } from "../case.ts";
import { accepted, type Frame, LIMITS, mark, message, own } from "../frames.ts";
import type { Link } from "../link.ts";
import type { Recording } from "../recording.ts";

/** Fails unless the client continues after this seq. */
export function expectCursor(link: Link, cursor: number, recording: Recording): void {
  const { cursor: came } = link.query;
  if (came !== String(cursor)) throw recording.failure(`Expected cursor=${cursor} in the query, came ${came}.`);
}

/** The failures of `gap` events that name other seqs than the frame. */
export function expectGap(event: Frame, gap: Frame, recording: Recording): void {
  for (const field of ["from", "seq"]) {
    if (event[field] !== undefined && event[field] !== gap[field])
      throw recording.failure(`Expected the gap ${JSON.stringify(gap)}, the client printed ${JSON.stringify(event)}.`);
  }
}

export const LOG: readonly Case[] = [
  {
    name: "[F1] a text is one frame or an array of frames, of one, of several, or of none",
    async play({ client, connect }) {
      const link = await connect();
      link.deliver(message(5));
      link.deliver();
      link.deliverAs(JSON.stringify([message(6)]), [message(6)]);
      link.deliver(message(7), message(8), message(9));
      link.deliverAs(` \n ${JSON.stringify(message(10))} `, [message(10)]);
      await link.acked(10);
      await client.shows([5, 6, 7, 8, 9, 10].map((seq) => `message ${seq}`));
    },
  },
  {
    name: "[T17][L2][V2] an unknown frame with a seq moves the cursor, and nothing is shown of it",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5), { type: "sticker", seq: 6, from: "bob", picture: [1, 2] });
      await link.acked(6);
      link.deliver({ type: "sticker", seq: 7 });
      await link.acked(7);
      link.cut();
      const again = await reconnect({ head: 7 });
      expectCursor(again, 7, recording);
      again.deliver(message(8));
      await client.shows(["message 5", "message 8"]);
    },
  },
  {
    name: "[T17][Q9][Q11][L8] `peer` with fields of a newer server, and `cleared`, move the cursor, and all goes on",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      const settings = { pinned: true, muted: false, hidden: true, displayName: "Bob", mood: { of_later: [1] } };
      link.deliver(message(5), { type: "peer", seq: 6, peer: "bob", standing: "contact", ...settings });
      await link.acked(6);
      link.deliver({ type: "peer", seq: 7, peer: "bob", standing: "of_later" }, message(8));
      await link.acked(8);
      link.deliver({ type: "cleared", seq: 9, peer: "bob", of: 5 }, { type: "cleared", seq: 10, peer: "bob", upTo: 8 });
      await link.acked(10);
      link.cut();
      const again = await reconnect({ head: 10 });
      expectCursor(again, 10, recording);
      again.deliver(message(11));
      await client.shows(["message 5", "message 8", "message 11"]);
    },
  },
  {
    name: "[T17][F2][V2] an unknown frame without a seq is passed over, and the frames beside it are taken",
    async play({ client, connect }) {
      const link = await connect();
      link.deliver({ type: "weather", sky: "grey" });
      link.deliver({ type: "weather" }, message(5), { type: "hint", for: { deep: [null] } }, message(6));
      link.deliver({ type: "error", code: "tide_too_high", message: "A sentence." });
      await link.acked(6);
      link.deliver(message(7));
      await link.acked(7);
      await client.shows(["message 5", "message 6", "message 7"]);
    },
  },
  {
    name: "[T17][F2][V1] unknown fields of known frames are ignored",
    async play({ client, connect }) {
      const link = await connect({ tide: 3, limits: { ...LIMITS, tides: 4 } });
      link.deliver(message(5, "a", { mood: "good", edited: { at: 1 } }), mark(6, { stored: 5, seen: 5, tide: null }));
      await client.sends(["b"]);
      await link.takes(1, "b");
      link.deliver(own(7, 1, { mood: "good" }), accepted(1, 7, { tide: "high" }));
      await client.saw({ is: "accepted", key: "b" });
      await link.acked(7);
      await client.shows(["a", "b"]);
    },
  },
  {
    name: "[L2][T18] all kinds of log frames move the cursor and are acknowledged",
    async play({ recording, connect, reconnect }) {
      const link = await connect();
      const frames: Frame[] = [
        { type: "peer", seq: 5, peer: "bob", standing: "request" },
        { type: "notice", seq: 6, code: "a_code_of_tomorrow", message: "A sentence." },
        mark(7, { stored: 3, delivered: 2 }),
        { type: "failed", seq: 8, of: 3, code: "declined", message: "A sentence." },
        message(9, "hi", { request: true }),
        { type: "gap", from: 10, seq: 12 },
      ];
      for (const frame of frames) {
        link.deliver(frame);
        await link.acked(Number(frame["seq"]));
      }
      link.cut();
      expectCursor(await reconnect({ head: 12 }), 12, recording);
    },
  },
  {
    name: "[T14][L4] what is sent again on the next connection is shown once",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5), message(6));
      await client.shows(["message 5", "message 6"]);
      link.cut();
      const again = await reconnect({ head: 7 });
      // As if the cursor had not arrived.
      again.deliver(message(5), message(6), message(7));
      await again.acked(7);
      again.deliver(message(8));
      await client.saw({ is: "message", seq: 8 });
      await client.shows([5, 6, 7, 8].map((seq) => `message ${seq}`));
    },
  },
  {
    name: "[L3][S1] a message of another device with the same id is another message",
    async play({ client, connect }) {
      const link = await connect();
      await client.sends(["of the phone"]);
      await link.takes(1, "of the phone");
      link.deliver(own(11, 1, { device: "laptop", body: "of the laptop", to: "carol" }));
      await client.saw({ is: "message", seq: 11, from: "alice", to: "carol", body: "of the laptop" });
      link.deliver(own(12, 1), accepted(1, 12));
      await client.saw({ is: "accepted", key: "of the phone" });
      await link.acked(12);
      await client.shows(["of the laptop", "of the phone"]);
    },
  },
  {
    name: "[L6][E1] a mark says how far the messages have come",
    async play({ client, connect }) {
      const link = await connect();
      link.deliver(mark(9, { stored: 8, delivered: 7, read: 6, mine: 5 }));
      await client.saw({ is: "mark", peer: "bob", stored: 8, delivered: 7, read: 6, mine: 5 });
      await link.acked(9);
    },
  },
  {
    name: "[E6] an early mark has no seq: it moves no cursor, and marks are merged by the maximum",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect({ early: true });
      if (link.query["early"] !== "1") skip("the client does not ask for early marks");
      link.deliver(message(5), { type: "mark", peer: "bob", stored: 40, delivered: 30 });
      await client.saw({ is: "mark", peer: "bob", stored: 40, delivered: 30 });
      await link.acked(5);
      link.cut();
      const again = await reconnect({ early: true, head: 5 });
      expectCursor(again, 5, recording);
      // The server has lost the early mark in a crash.
      again.deliver(mark(6, { stored: 20, delivered: 35 }));
      await again.acked(6);
      await client.saw({ is: "mark", peer: "bob", stored: 40, delivered: 35 });
    },
  },
];
