// How a client connects: the address, the dialect, its place in the log.
import { type Case } from "../case.ts";
import { message } from "../frames.ts";

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
      await recording.never("second connection", 1_000, () => mailbox.unexpected.length > 0);
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
];
