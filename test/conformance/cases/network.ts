// Bad networks: silence, losses, refused upgrades, a server that is away, a slow link.
import type { Case } from "../case.ts";
import { type Frame, message } from "../frames.ts";
import { RECONNECT_MS, SECOND_MS } from "../recording.ts";
import type { ScriptedServer } from "../scripted-server.ts";

/** A device connects 15 times at once, and 3 times a second after that ([U8]); faster ones are refused. */
const BURST = 15;
const PER_MS = 3 / 1_000;

/** Attempts that were made faster than any server allows: the index of the first of them. */
function tooFast({ attempts }: ScriptedServer): number | undefined {
  const [first = 0] = attempts;
  const at = attempts.findIndex((time, n) => n + 1 > BURST + (time - first) * PER_MS);
  return at < 0 ? undefined : at;
}

/** Ms between the frames of a connection whose way up is dead. */
const FRAME_PAUSE_MS = 4_000;
/** Ms without a frame: a client whose heartbeat takes silence for death gives up within it. */
const QUIET_MS = 45_000;

export const NETWORK: readonly Case[] = [
  {
    name: "[T11] a connection without `welcome` is given up, and another one is tried",
    async play({ mailbox, client, begin, reconnect }) {
      await begin();
      await mailbox.connection();
      await reconnect();
      await client.saw({ is: "open" });
    },
  },
  {
    name: "[T11] an upgrade without an answer is given up, and another one is tried",
    async play({ mailbox, client, recording, begin, reconnect }) {
      mailbox.entrance = "silent";
      await begin();
      await recording.until("a second attempt", () => mailbox.attempts[1], RECONNECT_MS);
      mailbox.entrance = "open";
      await reconnect();
      await client.saw({ is: "open" });
    },
  },
  {
    name: "[T11][F6] a connection that accepts bytes and answers nothing is found dead, and nothing is lost",
    isLong: true,
    async play({ client, connect, reconnect }) {
      const link = await connect();
      link.deliver(message(5));
      await link.acked(5);
      link.freeze();
      await client.sends(["late"]);
      const again = await reconnect({ head: 5 });
      await again.takes(1, "late");
    },
  },
  {
    name: "[T11][F6] a connection whose way up is dead is found dead, though frames come",
    isLong: true,
    async play({ mailbox, client, recording, connect, reconnect }) {
      const link = await connect();
      link.deafen();
      await client.sends(["late"]);
      for (let seq = 5; seq < 5 + RECONNECT_MS / FRAME_PAUSE_MS && mailbox.unexpected.length === 0; seq++) {
        link.deliver(message(seq));
        await recording.within(FRAME_PAUSE_MS, () => mailbox.unexpected[0]);
      }
      await (await reconnect({ head: 100 })).takes(1, "late");
    },
  },
  {
    name: "[T11][F6] a quiet connection whose pings are answered stays open",
    isLong: true,
    async play({ mailbox, client, recording, connect }) {
      const link = await connect();
      await client.saw({ is: "open" });
      await recording.never("end of the connection", QUIET_MS, () => link.isOver || mailbox.unexpected.length > 0);
      await link.reads(5);
    },
  },
  {
    name: "[T12][U8] refused upgrades are tried again, and never faster than a server allows",
    async play({ mailbox, client, recording, begin, reconnect }) {
      mailbox.entrance = 429;
      await begin();
      await recording.until("a third attempt", () => mailbox.attempts[2], RECONNECT_MS);
      mailbox.entrance = 503;
      await recording.until("a fifth attempt", () => mailbox.attempts[4], RECONNECT_MS);
      mailbox.entrance = "open";
      await reconnect();
      await client.saw({ is: "open" });
      const at = tooFast(mailbox);
      if (at !== undefined) throw recording.failure(`Attempt ${at + 1} came too early.`);
    },
  },
  {
    name: "[T12] connections that are lost as soon as they are open are not opened in a loop",
    async play({ mailbox, recording, connect, reconnect }) {
      let link = await connect();
      // One second more than a client without any back-off needs for the attempts that are allowed at once.
      const until = performance.now() + 6_000;
      while (performance.now() < until) {
        link.cut();
        link = await reconnect();
        const at = tooFast(mailbox);
        if (at !== undefined) throw recording.failure(`Attempt ${at + 1} came too early.`);
      }
    },
  },
  {
    name: "[T12][T2] while the server is away the user goes on writing, and everything is sent when it is back",
    async play({ mailbox, client, connect, reconnect }) {
      await connect();
      await client.saw({ is: "open" });
      await mailbox.goAway();
      await client.sends(["one", "two"]);
      await mailbox.comeBack();
      const link = await reconnect();
      await link.takes(1, "one");
      link.deliver({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" });
      await link.takes(2, "two");
    },
  },
  {
    name: "[T1] a client that is asked to try again while it connects keeps to one connection",
    async play({ mailbox, client, recording, begin }) {
      await begin();
      const link = await mailbox.connection();
      for (let i = 0; i < 3; i++) client.do({ do: "check" });
      await recording.never("second connection", SECOND_MS, () => mailbox.unexpected.length > 0);
      link.welcome();
      await client.saw({ is: "open" });
      for (let i = 0; i < 3; i++) client.do({ do: "check" });
      await recording.never("second connection", SECOND_MS, () => mailbox.unexpected.length > 0);
    },
  },
  {
    name: "[T11] a client whose network may have changed finds a dead connection at once",
    async play({ client, connect, mailbox }) {
      const link = await connect();
      await client.saw({ is: "open" });
      link.freeze();
      client.do({ do: "check" });
      await mailbox.connection(20_000);
    },
  },
  {
    name: "[F1][F9] on a slow link a text in many pieces is one text, also where a character is cut",
    async play({ client, connect }) {
      const link = await connect();
      const bodies = Array.from({ length: 60 }, (_, i) => `${i} 你好 🚀 ${"é".repeat(i)}`);
      const frames: Frame[] = bodies.map((body, i) => message(10 + i, body));
      await link.deliverSlowly(...frames);
      await link.acked(69);
      await client.shows(bodies);
    },
  },
];
