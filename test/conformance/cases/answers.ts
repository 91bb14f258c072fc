// Answers to sends: they come in no order, before or after the message in the log, twice or never.
import type { Case } from "../case.ts";
import { accepted, type Frame, message, own } from "../frames.ts";
import { connectWith } from "./steps.ts";

const SHOWN = { is: "message", seq: 11, from: "alice", to: "bob", body: "hello" };

/** The client chooses: it sends the message again, once, or takes it out of the outbox as accepted. */
function unanswered(name: string, welcome: Frame, gap: Frame): Case {
  return {
    name: `${name}, is sent again once or taken out as accepted`,
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(own(11, 1));
      await link.acked(11);
      link.cut();
      const again = await reconnect(welcome);
      again.deliver(gap);
      await again.acked(1_000);
      await client.sends(["later"]);
      const bodies: unknown[] = [];
      while (bodies.at(-1) !== "later") {
        const { id, body } = await again.next("send");
        const seq = 1_000 + bodies.push(body);
        if (id !== bodies.length) throw recording.failure(`Expected the number ${bodies.length}, came ${String(id)}.`);
        again.deliver(own(seq, id), accepted(id, seq));
      }
      for (const key of ["hello", "later"]) await client.saw({ is: "accepted", key });
      if (!["later", "hello,later"].includes(bodies.join()))
        throw recording.failure(`Expected: hello at most once, then later. The client sent ${bodies.join()}.`);
      await again.holdsBack(1_010);
      if (client.events.filter(({ is, key }) => is === "accepted" && key === "hello").length !== 1)
        throw recording.failure("The client has taken the message out, and sent it again.");
    },
  };
}

export const ANSWERS: readonly Case[] = [
  {
    name: "[T4][L3] an own message without its body is shown with it when `accepted` comes before it",
    async play({ client, connect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(accepted(1, 11));
      await client.saw({ is: "accepted", key: "hello" });
      link.deliver(own(11, 1));
      await link.acked(11);
      link.deliver(message(12, "end"));
      await client.saw({ is: "message", body: "end" });
      await client.saw(SHOWN);
      await client.shows(["hello", "end"]);
    },
  },
  {
    name: "[T4][L3] an own message without its body is shown with it when it comes before `accepted`",
    async play({ client, connect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(own(11, 1));
      await link.acked(11);
      link.deliver(accepted(1, 11));
      await client.saw({ is: "accepted", key: "hello" });
      link.deliver(message(12, "end"));
      await client.saw({ is: "message", body: "end" });
      await client.saw(SHOWN);
      await client.shows(["hello", "end"]);
    },
  },
  {
    name: "[T4][S8] a message to oneself is shown once, in either order",
    async play({ client, connect }) {
      const link = await connect();
      for (const [at, key] of ["first", "second"].entries()) {
        await client.sends([key], "alice");
        await link.takes(at + 1, key, "alice");
        const frames = [own(11 + at, at + 1, { to: "alice" }), accepted(at + 1, 11 + at)];
        for (const frame of at === 0 ? frames : frames.toReversed()) link.deliver(frame);
        await client.saw({ is: "accepted", key });
      }
      link.deliver(message(20, "end"));
      await client.saw({ is: "message", body: "end" });
      await client.shows(["first", "second", "end"]);
    },
  },
  {
    name: "[T4][S5] answers come in another order than the sends, and each settles its own message",
    async play(stage) {
      const { client, recording, reconnect } = stage;
      const written = ["a", { body: "b", to: "carol" }, "c", { body: "d", to: "carol" }];
      const link = await connectWith(stage, written);
      link.deliver(own(12, 2, { to: "carol" }), own(14, 4, { to: "carol" }), own(15, 1), own(16, 3));
      for (const [id, entry, key] of [
        [4, 14, "d"],
        [2, 12, "b"],
        [3, 16, "c"],
        [1, 15, "a"],
      ] as const) {
        link.deliver(accepted(id, entry, id % 2 === 0 ? {} : { state: "queued" }));
        await client.saw({ is: "accepted", key });
      }
      for (const body of ["a", "b", "c", "d"]) await client.saw({ is: "message", body });
      link.cut();
      const again = await reconnect({ lastId: 4, head: 16 });
      await again.holdsBack(17);
      if (client.shown.length !== 4) throw recording.failure("Expected: each of four messages is shown once.");
    },
  },
  {
    name: "[T4][S2] an answer that comes again, or for a message that the client does not know, changes nothing",
    async play({ client, recording, connect }) {
      const link = await connect({ lastId: 5 });
      await client.sends(["a"]);
      await link.takes(6, "a");
      link.deliver(own(11, 6), accepted(6, 11), accepted(6, 11), accepted(3, 2));
      await client.saw({ is: "accepted", key: "a" });
      link.deliver(accepted(6, 11));
      await client.sends(["b"]);
      await link.takes(7, "b");
      link.deliver(accepted(7, 13), own(13, 7));
      await client.saw({ is: "accepted", key: "b" });
      await client.shows(["a", "b"]);
      if (client.events.filter(({ is, key }) => is === "accepted" && key === "a").length !== 1)
        throw recording.failure("Expected: `accepted` of a is printed once.");
    },
  },
  {
    name: "[T4][S2] an answer that no longer names an entry settles the message",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["a"]);
      await link.takes(1, "a");
      link.cut();
      const again = await reconnect({ lastId: 1, head: 9_000 });
      await again.takes(1, "a");
      // The log is complete, and the entry is not in it any more.
      again.deliver({ type: "gap", from: 1, seq: 8_999 }, message(9_000));
      await again.acked(9_000);
      again.deliver({ type: "accepted", id: 1, state: "stored" });
      await client.saw({ is: "accepted", key: "a" });
      again.cut();
      const last = await reconnect({ lastId: 1, head: 9_000 });
      await last.holdsBack(9_001);
      await client.sends(["b"]);
      await last.takes(2, "b");
    },
  },
  {
    name: "[T4][L3] an own message whose socket is lost after `accepted` is shown once",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(accepted(1, 11));
      await client.saw({ is: "accepted", key: "hello" });
      link.cut();
      const again = await reconnect({ lastId: 1, head: 12 });
      // Another socket than the one that sent it: with the body.
      again.deliver(own(11, 1, { body: "hello" }), message(12, "end"));
      await again.acked(12);
      await client.saw({ is: "message", body: "end" });
      await client.shows(["hello", "end"]);
    },
  },
  ...["another text", "hello"].map((old): Case => ({
    name: `[T4][U12] an old message of this device name with the same number, and "${old}", is another message`,
    async play({ mailbox, client, begin, welcome }) {
      await begin();
      const first = await mailbox.connection();
      await client.sends(["hello"]);
      // The mailbox has forgotten the device, and not its messages.
      const link = await welcome(first, { head: 20, lastId: 0 });
      await link.takes(1, "hello");
      link.deliver(own(11, 1, { body: old }));
      await link.acked(11);
      link.deliver(own(21, 1), accepted(1, 21));
      await client.saw({ is: "accepted", key: "hello", seq: 21 });
      await client.saw({ is: "message", seq: 11, body: old });
      await client.saw({ is: "message", seq: 21, body: "hello" });
      await link.acked(21);
      await client.shows([old, "hello"]);
    },
  })),
  unanswered(
    "[T4][T9] a message that the log has shown, and that is not answered, when the mailbox was restored",
    { head: 5, lastId: 0 },
    { type: "gap", from: 6, seq: 1_000 },
  ),
  unanswered(
    "[T4][T8] a message that the log has shown, and that is not answered, in another epoch",
    { epoch: "e2", head: 1_000, lastId: 0 },
    { type: "gap", from: 1, seq: 1_000 },
  ),
  {
    name: "[L7][S6] a message that its receiver finally refuses has failed, also after a restart",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["a", "b"]);
      await link.takes(1, "a");
      link.deliver(own(11, 1), accepted(1, 11, { state: "queued" }));
      await link.takes(2, "b");
      link.deliver(own(12, 2), accepted(2, 12, { state: "queued" }));
      await link.acked(12);
      for (const key of ["a", "b"]) await client.saw({ is: "accepted", key });
      link.deliver({ type: "failed", seq: 13, of: 11, code: "declined", message: "A sentence." });
      await client.saw({ is: "failed", key: "a", code: "declined" });
      await link.acked(13);
      await client.startAgain();
      const again = await reconnect({ lastId: 2, head: 14 });
      again.deliver({ type: "failed", seq: 14, of: 12, code: "a_code_of_tomorrow", message: "A sentence." });
      await client.saw({ is: "failed", key: "b", code: "a_code_of_tomorrow" });
      await again.acked(14);
    },
  },
];
