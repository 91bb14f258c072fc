// Refusals: which messages keep their place, which get another number, and which are never sent.
import type { Case } from "../case.ts";
import { accepted, type Frame, own, refused } from "../frames.ts";
import { acceptEach, connectWith, takeBatch } from "./steps.ts";

/** A pause that the mailbox asks for, and by how much a client's timer may be early. */
const RETRY_AFTER_MS = 3_000;
const EARLY_MS = 50;

/** The first of three messages is refused for now: all of them keep their order, and none comes before its time. */
function keepsThePlace(name: string, code: string): Case {
  return {
    name,
    async play(stage) {
      const { client } = stage;
      const link = await connectWith(stage, ["a", "b", "c"]);
      const frames = [
        refused(1, code, { retryAfter: RETRY_AFTER_MS }),
        refused(2, "out_of_order"),
        refused(3, "out_of_order"),
      ];
      const until = performance.now() + RETRY_AFTER_MS - EARLY_MS;
      link.deliver(...frames);
      await link.holdsBack(5, until);
      await acceptEach(link, 1, 11, ["a", "b", "c"]);
      for (const key of ["a", "b", "c"]) await client.saw({ is: "accepted", key });
    },
  };
}

/** The first of three messages is refused for good: it has failed, and the others take its number. */
function isFinal(name: string, code: string, more: Frame = {}): Case {
  return {
    name,
    async play(stage) {
      const { client, reconnect } = stage;
      const link = await connectWith(stage, ["a", "b", "c"]);
      link.deliver(refused(1, code, more), refused(2, "out_of_order"), refused(3, "out_of_order"));
      await acceptEach(link, 1, 11, ["b", "c"]);
      for (const key of ["b", "c"]) await client.saw({ is: "accepted", key });
      await client.saw({ is: "failed", key: "a", code });
      link.cut();
      const again = await reconnect({ lastId: 2, head: 12 });
      again.deliver(own(11, 1, { body: "b" }), own(12, 2, { body: "c" }));
      await again.holdsBack(13);
    },
  };
}

/** Longer: in this time the messages to others go on. */
const ASIDE_MS = 6_000;

export const REFUSALS: readonly Case[] = [
  {
    name: "[T3][S10][S2] after a refusal and a loss, ids up to lastId keep their numbers, and only the others get new ones",
    async play(stage) {
      const { client, connect, reconnect } = stage;
      const link = await connect();
      // The first message may travel alone: the others are sent when it is answered.
      await client.sends(["a"]);
      await link.takes(1, "a");
      await client.sends(["b", "c", "d", "e"]);
      link.deliver(accepted(1, 101));
      await takeBatch(stage, link, 2, ["b", "c", "d", "e"]);
      // b and c were taken, d is refused, and the answers to b and c are lost.
      link.deliver(refused(4, "too_large"));
      await link.reads(102);
      link.cut();
      const again = await reconnect({ lastId: 3, head: 104 });
      await again.takesAll(2, ["b", "c"]);
      again.deliver(accepted(2, 103), accepted(3, 104));
      await again.takes(4, "e");
      again.deliver(own(103, 2), own(104, 3), own(105, 4), accepted(4, 105));
      for (const key of ["b", "c", "e"]) await client.saw({ is: "accepted", key });
      await client.saw({ is: "failed", key: "d", code: "too_large" });
    },
  },
  {
    name: "[T3][S2] after a loss without any answer, what was taken keeps its number and the rest follows in order",
    async play(stage) {
      const { client, reconnect } = stage;
      const link = await connectWith(stage, ["a", "b", "c", "d"]);
      link.cut();
      const again = await reconnect({ lastId: 2, head: 12 });
      again.deliver(own(11, 1, { body: "a" }), own(12, 2, { body: "b" }));
      await acceptEach(again, 1, 11, ["a", "b", "c", "d"]);
      again.deliver(own(13, 3), own(14, 4));
      for (const key of ["a", "b", "c", "d"]) await client.saw({ is: "accepted", key });
      for (const body of ["a", "b", "c", "d"]) await client.saw({ is: "message", body });
      await again.holdsBack(15);
    },
  },
  {
    name: "[T5][S3][S4] out of order means: send it again, with the number that is free",
    async play(stage) {
      const { client } = stage;
      const link = await connectWith(stage, ["a", "b", "c", "d"]);
      // In the order in which a mailbox answers: refusals first.
      link.deliver(refused(2, "too_large"), refused(3, "out_of_order"), refused(4, "out_of_order"), accepted(1, 11));
      await acceptEach(link, 2, 12, ["c", "d"]);
      for (const key of ["a", "c", "d"]) await client.saw({ is: "accepted", key });
      await client.saw({ is: "failed", key: "b", code: "too_large" });
    },
  },
  {
    name: "[T5][T4] nothing gets another number before everything under way is answered",
    async play(stage) {
      const link = await connectWith(stage, ["a", "b", "c", "d"]);
      link.deliver(refused(2, "too_large"), refused(3, "out_of_order"));
      await link.holdsBack(5);
      link.deliver(accepted(1, 11));
      await link.holdsBack(12);
      link.deliver(refused(4, "out_of_order"));
      await acceptEach(link, 2, 13, ["c", "d"]);
    },
  },
  {
    name: "[T6][S2] after `id_reused` the message gets the number after lastId",
    async play(stage) {
      const { client, reconnect } = stage;
      const link = await connectWith(stage, ["a", "b"]);
      link.cut();
      // A copy of this installation has used the ids up to 5 meanwhile.
      const again = await reconnect({ lastId: 5, head: 50 });
      await takeBatch(stage, again, 1, ["a", "b"]);
      again.deliver(refused(1, "id_reused"), refused(2, "id_reused"));
      await acceptEach(again, 6, 51, ["a", "b"]);
      for (const key of ["a", "b"]) await client.saw({ is: "accepted", key });
    },
  },
  keepsThePlace(
    "[T5][U1] after `rate_limited` a message keeps its place, and all wait for `retryAfter`",
    "rate_limited",
  ),
  keepsThePlace("[T5][U10] `mailbox_full` with `retryAfter` is for later too", "mailbox_full"),
  keepsThePlace("[T17][T5] a refusal with an unknown code and `retryAfter` is for later", "tide_too_high"),
  isFinal("[T5][S4] a refusal for good is reported, and the messages behind it go on with its number", "too_large"),
  isFinal("[T17][T5] a refusal with an unknown code and without `retryAfter` is for good", "tide_too_high"),
  isFinal("[T7][Q5] a refusal that affects one receiver, without `retryAfter`, is for good", "declined", {
    affects: "receiver",
  }),
  isFinal("[T17][S11] an unknown `affects` counts as absent", "declined", { affects: "the_tide" }),
  {
    name: "[T5][S3] if the first refusal of a text is out of order, the client asks for another `welcome`",
    async play(stage) {
      const { client, reconnect } = stage;
      const link = await connectWith(stage, ["a", "b"]);
      link.deliver(refused(1, "out_of_order"), refused(2, "out_of_order"));
      const again = await reconnect({ lastId: 5, head: 50 });
      await acceptEach(again, 6, 51, ["a", "b"]);
      for (const key of ["a", "b"]) await client.saw({ is: "accepted", key });
    },
  },
  {
    name: "[T5] a pause that the mailbox asked for ends early or late with the connection, and the order stays",
    async play(stage) {
      const { reconnect } = stage;
      const link = await connectWith(stage, ["a", "b"]);
      link.deliver(refused(1, "rate_limited", { retryAfter: RETRY_AFTER_MS }), refused(2, "out_of_order"));
      await link.reads(5);
      link.cut();
      const again = await reconnect({ head: 5 });
      await acceptEach(again, 1, 11, ["a", "b"]);
    },
  },
  {
    name: "[T7][S11] a refusal that affects one receiver holds up messages to that receiver alone",
    async play(stage) {
      const { client, recording } = stage;
      const link = await connectWith(stage, ["a", { body: "b", to: "carol" }, "c"]);
      const refusedAt = performance.now();
      link.deliver(
        refused(1, "rate_limited", { retryAfter: ASIDE_MS, affects: "receiver" }),
        refused(2, "out_of_order"),
        refused(3, "out_of_order"),
      );
      await link.takes(1, "b", "carol", ASIDE_MS - EARLY_MS);
      link.deliver(accepted(1, 11), own(11, 1, { to: "carol" }));
      await client.saw({ is: "accepted", key: "b" });
      await acceptEach(link, 2, 12, ["a", "c"]);
      if (performance.now() - refusedAt < ASIDE_MS - EARLY_MS)
        throw recording.failure("The message to bob came before `retryAfter` had passed.");
      for (const key of ["a", "c"]) await client.saw({ is: "accepted", key });
    },
  },
];
