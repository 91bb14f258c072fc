// Bodies: each JSON value, in both directions, is the same value at the other end.
import type { Case } from "../case.ts";
import { accepted, message, own } from "../frames.ts";

const DEPTH = 120;
const deep = JSON.parse(`${"[".repeat(DEPTH)}"deep"${"]".repeat(DEPTH)}`) as unknown;

/** As JSON texts: they are what is compared. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1.5,
  1e21,
  1.7976931348623157e308,
  5e-324,
  9_007_199_254_740_991,
  -9_007_199_254_740_991,
  0.1,
  "",
  'NUL \u0000, line\n, tab\t, quote ", backslash \\, slash /',
  "é 你好 🚀 \u2028 \u2029 \uFEFF \u007F",
  "a lone surrogate \ud800 and another \udfff",
  [],
  {},
  [[], {}, [null]],
  { "": "an empty name", " ": 1, "a.b": 2, type: "message", seq: 99, from: "carol" },
  { z: 1, a: [true, { deep: { deeper: null } }], "10": 2, "9": 3 },
  JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}'),
  deep,
];

export const BODIES: readonly Case[] = [
  {
    name: "[S9] bodies of others are shown as the JSON values that they are",
    async play({ client, connect }) {
      const link = await connect();
      link.deliver(...VALUES.map((body, i) => message(10 + i, body)));
      await client.shows(VALUES);
    },
  },
  {
    name: "[S9] bodies arrive as the JSON values that were sent, also after a restart",
    async play({ client, connect, reconnect }) {
      const link = await connect();
      for (const [i, body] of VALUES.entries()) client.do({ do: "send", key: `k${i}`, to: "bob", body });
      for (const i of VALUES.keys()) await client.saw({ is: "kept", key: `k${i}` });
      await link.next("send");
      await client.startAgain();
      const again = await reconnect();
      for (const [i, body] of VALUES.entries()) {
        await again.takes(i + 1, body);
        again.deliver(own(11 + i, i + 1), accepted(i + 1, 11 + i));
      }
      for (const [i, body] of VALUES.entries()) await client.saw({ is: "message", seq: 11 + i, body });
    },
  },
  {
    name: "[F3][S1] texts keep to the limits of `welcome`, in frames and in bytes",
    async play({ client, recording, reconnect, begin, mailbox }) {
      await begin();
      const first = await mailbox.connection();
      const bodies = Array.from({ length: 11 }, (_, i) => `${i} ${"é".repeat(40)}`);
      await client.sends(bodies);
      first.cut();
      const limits = { window: 4_096, windowBytes: 4_194_304, bodyBytes: 200, textBytes: 400, frames: 3 };
      const link = await reconnect({ limits });
      for (const [i, body] of bodies.entries()) {
        await link.takes(i + 1, body);
        link.deliver(accepted(i + 1, 11 + i));
      }
      for (const text of link.texts) {
        const frames = text === "ping" ? 1 : [JSON.parse(text)].flat().length;
        if (frames > limits.frames || Buffer.byteLength(text) > limits.textBytes)
          throw recording.failure(
            `A text has ${frames} frames and ${Buffer.byteLength(text)} bytes; the limits are 3 and 400.`,
          );
      }
    },
  },
  {
    name: "[S1][F3][F8] hundreds of messages that wait are sent in their order, as single frames where runs are not granted",
    async play({ mailbox, client, begin, welcome }) {
      const bodies = Array.from({ length: 300 }, (_, i) => `number ${i}`);
      await begin();
      const first = await mailbox.connection();
      await client.sends(bodies);
      const link = await welcome(first);
      for (const [i, body] of bodies.entries()) {
        await link.takes(i + 1, body);
        link.deliver(own(11 + i, i + 1), accepted(i + 1, 11 + i));
      }
      await link.acked(310);
      await client.shows(bodies);
      await link.holdsBack(400);
    },
  },
];
