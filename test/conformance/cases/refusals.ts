// Refusals: which messages keep their number, which get another one, and which are never sent.
import type { Case } from "../case.ts";
import { accepted, own, refused } from "../frames.ts";

export const REFUSALS: readonly Case[] = [
  {
    name: "[T3][S10][S2] after a refusal and a loss, ids up to lastId keep their numbers, and only the others get new ones",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      // The first message may travel alone: the others are sent when it is answered.
      await client.sends(["a"]);
      await link.takes(1, "a");
      await client.sends(["b", "c", "d", "e"]);
      link.deliver(accepted(1, 101));
      await link.takesAll(2, ["b", "c", "d", "e"]);
      // b and c were taken, d is refused, and the answers to b and c are lost.
      link.deliver(refused(4, "too_large"));
      link.cut();
      const again = await reconnect({ lastId: 3, head: 103 });
      await again.takesAll(2, ["b", "c"]);
      again.deliver(accepted(2, 102), accepted(3, 103));
      await again.takes(4, "e");
      again.deliver(own(102, 2), own(103, 3), own(104, 4), accepted(4, 104));
      for (const key of ["b", "c", "e"]) await client.saw({ is: "accepted", key });
      await client.saw({ is: "failed", key: "d", code: "too_large" });
    },
  },
];
