// Answers to sends: they come in no order, before or after the message in the log.
import type { Case } from "../case.ts";
import { accepted, message, own } from "../frames.ts";

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
      await client.saw({ is: "message", seq: 11, from: "alice", to: "bob", body: "hello" });
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
      await client.saw({ is: "message", seq: 11, from: "alice", to: "bob", body: "hello" });
      await client.shows(["hello", "end"]);
    },
  },
];
