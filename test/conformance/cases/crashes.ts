// SIGKILL of the client at chosen points, and of the server: nothing is lost, and nothing comes twice.
import type { Case } from "../case.ts";
import { accepted, type Frame, message, messages, own } from "../frames.ts";
import { acceptEach, connectWith } from "./steps.ts";

/** Kills of one case: a client that is wrong by a race is found in one of them. */
const ROUNDS = 5;
/** Messages of a text that takes its time to be stored, and characters of each of them. */
const LARGE = { rounds: 3, count: 400, characters: 1_000 };

export const CRASHES: readonly Case[] = [
  {
    name: "[T2][S10] a message that was kept is sent, though the client is killed at once",
    async play({ mailbox, client, begin, reconnect }) {
      mailbox.entrance = 503;
      await begin();
      await client.sends(["a", "b"]);
      await client.kill();
      mailbox.entrance = "open";
      await client.startAgain();
      await client.sends(["c"]);
      await acceptEach(await reconnect(), 1, 11, ["a", "b", "c"]);
      for (const key of ["a", "b", "c"]) await client.saw({ is: "accepted", key });
    },
  },
  {
    name: "[T2][T3][S2] a client that is killed between a send and its answer sends it again, with the same number",
    async play(stage) {
      const { client, reconnect } = stage;
      await connectWith(stage, ["a", "b", "c"]);
      await client.startAgain();
      // The mailbox has taken two of them.
      const again = await reconnect({ lastId: 2, head: 12 });
      again.deliver(own(11, 1, { body: "a" }), own(12, 2, { body: "b" }));
      await acceptEach(again, 1, 11, ["a", "b", "c"]);
      again.deliver(own(13, 3));
      for (const key of ["a", "b", "c"]) await client.saw({ is: "accepted", key });
      for (const [i, body] of ["a", "b", "c"].entries()) await client.saw({ is: "message", seq: 11 + i, body });
      await again.holdsBack(14);
      await client.shows(["a", "b", "c"]);
    },
  },
  {
    name: "[T2][S10] a client that is killed five times while it sends loses no message, and sends none twice",
    async play({ client, recording, connect, reconnect }) {
      /** What the mailbox has taken. */
      const taken: unknown[] = [];
      /** A new number is one more; one that comes again still has its message. */
      const take = ({ id, body }: Frame): number => {
        if (id === taken.length + 1) taken.push(body);
        else if (taken[Number(id) - 1] !== body)
          throw recording.failure(`Number ${id} was "${taken[Number(id) - 1]}" before, and is "${body}" now.`);
        return Number(id);
      };
      let link = await connect();
      for (let round = 0; round < ROUNDS; round++) {
        await client.sends([0, 1, 2, 3].map((i) => `${round}.${i}`));
        // It takes the next messages, answers some of them, and the client is killed.
        for (let count = 0; count <= round % 3; count++) {
          const id = take(await link.next("send"));
          if (count < round % 3) link.deliver(accepted(id, 100 + id));
        }
        await client.startAgain();
        link = await reconnect({ lastId: taken.length, head: 100 + taken.length });
      }
      while (taken.length < ROUNDS * 4) {
        const id = take(await link.next("send"));
        link.deliver(accepted(id, 100 + id));
      }
      const expected = Array.from({ length: ROUNDS * 4 }, (_, i) => `${Math.floor(i / 4)}.${i % 4}`);
      if (taken.join() !== expected.join()) throw recording.failure(`The mailbox took ${taken.join()}.`);
      await link.holdsBack(1_000);
    },
  },
  {
    name: "[T18][T2][W2] a client that is killed when its ack arrives has stored what it acknowledged",
    async play({ client, recording, connect, reconnect }) {
      let link = await connect();
      const bodies: string[] = [];
      for (let round = 0; round < LARGE.rounds; round++) {
        const from = round * LARGE.count + 1;
        const frames = messages(from, from + LARGE.count - 1);
        for (const frame of frames) {
          const body = `${frame["seq"]} ${"x".repeat(LARGE.characters)}`;
          frame["body"] = body;
          bodies.push(body);
        }
        const last = bodies.length;
        link.deliver(...frames);
        await link.acked(last);
        await client.startAgain();
        link = await reconnect({ head: last });
        // Without a cursor the mailbox continues after what was acknowledged.
        const has = Number(link.query["cursor"] ?? client.shown.length);
        if (has < last) throw recording.failure(`The client acknowledged ${last}, and has only ${has} after SIGKILL.`);
      }
      link.deliver(message(bodies.length + 1, "end"));
      await client.shows([...bodies, "end"]);
    },
  },
  {
    name: "[T14][T2] a client that is killed when it has shown a message does not show it again",
    async play({ client, connect, reconnect }) {
      let link = await connect();
      const bodies: string[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        link.deliver(message(round));
        bodies.push(`message ${round}`);
        await client.saw({ is: "message", seq: round });
        await client.startAgain();
        link = await reconnect({ head: round });
        // The mailbox has had no ack: it sends what lies after the cursor.
        const from = Number(link.query["cursor"] ?? 0);
        if (from < round) link.deliver(...messages(from + 1, round));
      }
      link.deliver(message(ROUNDS + 1));
      await client.saw({ is: "message", seq: ROUNDS + 1 });
      await client.shows([...bodies, `message ${ROUNDS + 1}`]);
    },
  },
  {
    name: "[T4][T2] a client that is killed between `accepted` and its own message shows it once, with its text",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(accepted(1, 11));
      await client.saw({ is: "accepted", key: "hello" });
      await client.startAgain();
      const again = await reconnect({ lastId: 1, head: 12 });
      again.deliver(own(11, 1, { body: "hello" }), message(12, "end"));
      await again.acked(12);
      await client.saw({ is: "message", body: "end" });
      await client.shows(["hello", "end"]);
    },
  },
  {
    name: "[T4][T2] a client that is killed between its own message and `accepted` shows it once, with its text",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      await client.sends(["hello"]);
      await link.takes(1, "hello");
      link.deliver(own(11, 1));
      await link.acked(11);
      await client.startAgain();
      const again = await reconnect({ lastId: 1, head: 11 });
      await again.takes(1, "hello");
      again.deliver(accepted(1, 11));
      await client.saw({ is: "accepted", key: "hello" });
      again.deliver(message(12, "end"));
      await client.saw({ is: "message", body: "end" });
      await client.saw({ is: "message", seq: 11, body: "hello" });
      await client.shows(["hello", "end"]);
    },
  },
  {
    name: "[T3][S5] a server that is killed between accepting and answering is asked again, with the same number",
    async play(stage) {
      const { mailbox, client, reconnect } = stage;
      const link = await connectWith(stage, ["a", "b"]);
      link.deliver(own(11, 1));
      await link.acked(11);
      await mailbox.goAway();
      await client.sends(["c"]);
      await mailbox.comeBack();
      const again = await reconnect({ lastId: 1, head: 11 });
      await acceptEach(again, 1, 11, ["a", "b", "c"]);
      again.deliver(own(12, 2), own(13, 3));
      for (const key of ["a", "b", "c"]) await client.saw({ is: "accepted", key });
      await again.acked(13);
      await again.holdsBack(14);
      await client.shows(["a", "b", "c"]);
    },
  },
  {
    name: "[T2] a client that closes by itself ends with 0 and goes on later",
    async play({ client, recording, connect, reconnect, begin }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      const code = await client.closes();
      if (code !== 0) throw recording.failure(`Expected the exit code 0, came ${code}.`);
      await link.over();
      await begin();
      const again = await reconnect({ head: 5 });
      again.deliver(message(6));
      await client.shows(["message 5", "message 6"]);
    },
  },
];
