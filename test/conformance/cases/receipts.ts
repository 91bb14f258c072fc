// What the user has read, and whom the user watches: the client says it again until, or whenever, it has to.
import type { Case } from "../case.ts";
import { mark, message } from "../frames.ts";
import type { Link } from "../link.ts";
import type { Recording } from "../recording.ts";

/** The next `read` is this one. */
async function takesRead(link: Link, peer: string, seq: number, recording: Recording): Promise<void> {
  const frame = await link.next("read");
  if (frame["peer"] !== peer || frame["seq"] !== seq)
    throw recording.failure(`Expected \`read\` of ${peer} up to ${seq}, came ${JSON.stringify(frame)}.`);
}

/** The next `watch` names these people, in any order. */
async function takesWatch(link: Link, peers: readonly string[], recording: Recording): Promise<void> {
  const frame = await link.next("watch");
  const came = [...(frame["peers"] as string[])].sort();
  if (came.join() !== [...peers].sort().join())
    throw recording.failure(`Expected \`watch\` of ${peers.join()}, came ${came.join()}.`);
}

export const RECEIPTS: readonly Case[] = [
  {
    name: "[T15][E7][E3] `read` is said again on each connection until a mark with a seq has it",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5), message(6));
      await link.acked(6);
      client.do({ do: "read", peer: "bob", seq: 6 });
      await takesRead(link, "bob", 6, recording);
      link.cut();
      const second = await reconnect({ head: 6 });
      await takesRead(second, "bob", 6, recording);
      // A lower mark, and one of somebody else, are not it.
      second.deliver(mark(7, { mine: 5 }), mark(8, { mine: 8 }, "carol"));
      await second.acked(8);
      second.cut();
      const third = await reconnect({ head: 8 });
      await takesRead(third, "bob", 6, recording);
      third.deliver(mark(9, { mine: 6 }));
      await third.acked(9);
      third.cut();
      const last = await reconnect({ head: 9 });
      await last.sendsNo("read", 10);
    },
  },
  {
    name: "[T15][E6] a mark without a seq does not confirm what the user has read",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect({ early: true });
      link.deliver(message(5));
      await link.acked(5);
      client.do({ do: "read", peer: "bob", seq: 5 });
      await takesRead(link, "bob", 5, recording);
      link.deliver({ type: "mark", peer: "bob", mine: 5 }, message(6));
      await link.acked(6);
      link.cut();
      const again = await reconnect({ head: 6 });
      await takesRead(again, "bob", 5, recording);
    },
  },
  {
    name: "[T15][T2][E7] `read` is said again by a client that was killed",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      client.do({ do: "read", peer: "bob", seq: 5 });
      await takesRead(link, "bob", 5, recording);
      // Stored no later than what comes after it.
      link.deliver(message(6));
      await link.acked(6);
      await client.startAgain();
      const again = await reconnect({ head: 6 });
      await takesRead(again, "bob", 5, recording);
      again.deliver(mark(7, { mine: 5 }));
      await again.acked(7);
      await client.startAgain();
      const last = await reconnect({ head: 7 });
      await last.sendsNo("read", 8);
    },
  },
  {
    name: "[T15][E3] what the user reads without a connection is said on the next one",
    async play({ mailbox, client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      await client.saw({ is: "message", seq: 5 });
      await mailbox.goAway();
      client.do({ do: "read", peer: "bob", seq: 5 });
      // A command that is answered, behind it.
      await client.sends(["a"]);
      await mailbox.comeBack();
      await takesRead(await reconnect({ head: 5 }), "bob", 5, recording);
    },
  },
  {
    name: "[T15][U7] `read` is said again when the mailbox says that it dropped frames",
    async play({ client, recording, connect }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      client.do({ do: "read", peer: "bob", seq: 5 });
      await takesRead(link, "bob", 5, recording);
      link.deliver({ type: "error", code: "rate_limited", message: "A sentence.", retryAfter: 1_000 });
      await takesRead(link, "bob", 5, recording);
    },
  },
  {
    name: "[T16][G3] `watch` is said on each connection",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      await client.saw({ is: "open" });
      client.do({ do: "watch", peers: ["bob", "carol"] });
      await takesWatch(link, ["bob", "carol"], recording);
      link.deliver({ type: "presence", user: "bob", online: true, at: 1_790_000_000_000 });
      link.cut();
      const again = await reconnect();
      await takesWatch(again, ["bob", "carol"], recording);
      again.deliver(message(5));
      await again.acked(5);
    },
  },
];
