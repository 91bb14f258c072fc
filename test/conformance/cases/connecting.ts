// How a client connects: the address, the dialect, its place in the log, and the number of its attempt.
import { type Case, skip } from "../case.ts";
import { accepted, message, own } from "../frames.ts";
import type { Link } from "../link.ts";
import { SECOND_MS } from "../recording.ts";
import { acceptEach } from "./steps.ts";

/** The name of the client object and the number of the attempt, of `attempt=<instance>.<n>`. */
function attemptOf({ query }: Link): { instance: string; n: number } {
  const { attempt } = query;
  if (attempt === undefined) skip("the client does not use `attempt`, which is optional");
  const [, instance = "", n = ""] = /^([A-Za-z0-9]{1,16})\.(\d+)$/.exec(attempt) ?? [];
  return { instance, n: Number(n) };
}

export const CONNECTING: readonly Case[] = [
  {
    name: "[D1][D2][D3] the client opens the mailbox of its user, in the dialect restante.v1, with its device",
    async play({ mailbox, client, recording, connect }) {
      const link = await connect();
      const { device, cursor, epoch } = link.query;
      if (link.path !== "/client/alice") throw recording.failure(`Expected the path /client/alice, came ${link.path}.`);
      if (device !== "phone") throw recording.failure(`Expected device=phone in the query, came ${device}.`);
      if (epoch !== undefined || (cursor !== undefined && cursor !== "0" && cursor !== "head"))
        throw recording.failure(`A new device has no cursor and no epoch; came cursor=${cursor}, epoch=${epoch}.`);
      await client.saw({ is: "open" });
      await recording.never("second connection", SECOND_MS, () => mailbox.unexpected.length > 0);
    },
  },
  {
    name: "[R1][T2] a client that is started again continues after its cursor, in its epoch",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      await client.shows(["message 5"]);
      await client.startAgain();
      const again = await reconnect({ head: 5 });
      const { cursor, epoch } = again.query;
      if (cursor !== "5" || epoch !== "e1")
        throw recording.failure(`Expected cursor=5 and epoch=e1 in the query, came cursor=${cursor}, epoch=${epoch}.`);
      again.deliver(message(6));
      await client.shows(["message 5", "message 6"]);
    },
  },
  {
    name: "[N2][F7] a client that was opened with another spelling of a name works with the canonical names of frames",
    async play({ client, recording, connect }) {
      const link = await connect({ user: "zoë.viii" }, { user: "Zoë.Ⅷ" });
      const asked = decodeURIComponent(link.path).normalize("NFKC").toLowerCase();
      if (asked !== "/client/zoë.viii")
        throw recording.failure(`Expected a path that means zoë.viii, came ${link.path}.`);
      client.do({ do: "send", key: "hello", to: "bob", body: "hello" });
      await link.takes(1, "hello");
      link.deliver(own(11, 1, { from: "zoë.viii" }), accepted(1, 11));
      await client.saw({ is: "message", seq: 11, from: "zoë.viii", body: "hello" });
      link.deliver(message(12, "hi", { to: "zoë.viii" }));
      await client.shows(["hello", "hi"]);
    },
  },
  {
    name: "[S1][S10] a device that the mailbox knows continues with the id after `lastId`",
    async play({ client, connect }) {
      const link = await connect({ lastId: 41 });
      await client.sends(["a", "b"]);
      await acceptEach(link, 42, 101, ["a", "b"]);
    },
  },
  {
    name: "[R6] the number of the attempt grows with each attempt of one client object",
    async play({ client, recording, connect, reconnect }) {
      const first = await connect();
      const before = attemptOf(first);
      await client.saw({ is: "open" });
      first.cut();
      const after = attemptOf(await reconnect());
      if (before.instance === "" || after.instance !== before.instance || after.n <= before.n)
        throw recording.failure(`Expected one instance and a growing number, came ${JSON.stringify([before, after])}.`);
      await client.startAgain();
      const other = attemptOf(await reconnect());
      if (other.instance === after.instance && other.n <= after.n)
        throw recording.failure(
          `A process that was started again has another instance, came ${JSON.stringify(other)}.`,
        );
    },
  },
];
