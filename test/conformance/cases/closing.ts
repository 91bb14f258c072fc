// The end of a connection: `closing`, close codes, and what the client does after each of them.
import type { Case } from "../case.ts";
import { type Frame, message } from "../frames.ts";
import type { Link } from "../link.ts";
import type { Recording } from "../recording.ts";
import type { ScriptedServer } from "../scripted-server.ts";

/** Ms without an attempt that show that a client has stopped: the first pauses of a back-off are shorter. */
const STOPPED_MS = 6_000;
/** A pause that the server asks for, and by how much a client's timer may be early. */
const RETRY_AFTER_MS = 3_000;
const EARLY_MS = 50;
/** Ms for which a token is valid from `welcome` on. */
const TOKEN_MS = 6_000;

/** After these a client stops. */
const FINAL: readonly (readonly [code: number, reason: string])[] = [
  [4400, "bad_query"],
  [4403, "forbidden"],
  [4406, "no_version"],
  [4409, "replaced"],
  [4409, "crowded_out"],
  [1009, "too_large"],
];

const rulesOf = (code: number) => (code === 4409 ? "[T20][R4][C2][T13]" : "[C2][T13]");

/** After this the client stops, and stays away also when there is something to send. */
function stopsAfter(name: string, code: number, reason: string, closing: Frame | null): Case {
  return {
    name,
    async play({ mailbox, client, recording, connect }) {
      const link = await connect();
      await client.saw({ is: "open" });
      link.close(code, reason, closing);
      await client.saw({ is: "stopped", code });
      await recording.never("attempt to connect", STOPPED_MS, () => mailbox.attempts.length > 1);
    },
  };
}

/** After each of these the client comes back. */
function comesBackAfter(
  name: string,
  codes: readonly (readonly [code: number, reason: string])[],
  closing: boolean,
): Case {
  return {
    name,
    async play({ client, connect, reconnect }) {
      let link = await connect();
      await client.next({ is: "open" });
      for (const [code, reason] of codes) {
        link.close(code, reason, closing ? {} : null);
        link = await reconnect();
        await client.next({ is: "open" });
      }
    },
  };
}

function waitsAfter(name: string, code: number, reason: string): Case {
  return {
    name,
    async play({ mailbox, client, recording, connect, reconnect }) {
      const link = await connect();
      await client.saw({ is: "open" });
      link.close(code, reason, { retryAfter: RETRY_AFTER_MS });
      await recording.never("attempt to connect", RETRY_AFTER_MS - EARLY_MS, () => mailbox.attempts.length > 1);
      await reconnect();
    },
  };
}

/** The next connection with this token. A client may try the one before, t1, again until then. */
async function connectionWith(token: string, mailbox: ScriptedServer, recording: Recording): Promise<Link> {
  for (;;) {
    const link = await mailbox.connection();
    if (link.token === token) return link;
    if (link.token !== "t1") throw recording.failure(`Expected the token ${token}, came ${link.token}.`);
    link.close(4401, "unauthorized", {});
  }
}

export const CLOSING: readonly Case[] = [
  ...FINAL.map(([code, reason]) =>
    stopsAfter(`[C1]${rulesOf(code)} after \`closing\` with ${code} ${reason} the client stops`, code, reason, {}),
  ),
  ...FINAL.filter(([, reason]) => reason !== "crowded_out").map(([code, reason]) =>
    stopsAfter(
      `${rulesOf(code)} after the close code ${code} without \`closing\` the client stops`,
      code,
      reason,
      null,
    ),
  ),
  comesBackAfter(
    "[C1][C2][T13] after `closing` with 1011, 1012 and an unknown code the client comes back",
    [
      [1011, "internal"],
      [1012, "disconnected"],
      [4444, "tide_too_high"],
    ],
    true,
  ),
  comesBackAfter(
    "[C2][T13] after the close codes 1000, 1001, 1011, 1012 and an unknown one without `closing` the client comes back",
    [
      [1000, ""],
      [1001, ""],
      [1011, "internal"],
      [1012, "disconnected"],
      [4999, ""],
    ],
    false,
  ),
  waitsAfter(
    "[C2][T13] after `closing` with 4429 the client waits for as long as `retryAfter` says",
    4429,
    "rate_limited",
  ),
  waitsAfter(
    "[C3][T13] after an unknown code from 4480 to 4499 the client waits for `retryAfter`",
    4485,
    "tide_too_high",
  ),
  ...[4450, 4479].map((code) =>
    stopsAfter(`[C3][T13] after the unknown code ${code} the client stops`, code, "tide_too_high", {}),
  ),
  {
    name: "[C1][T13] what comes after `closing` is ignored, and the client does not wait for the close",
    async play({ client, recording, connect, reconnect }) {
      const link = await connect();
      await client.saw({ is: "open" });
      link.deliver({ type: "closing", code: 1012, reason: "disconnected", message: "A sentence." });
      link.deliver(message(5, "too late"));
      const again = await reconnect();
      if (again.query["cursor"] === "5") throw recording.failure("The client took a message after `closing`.");
      again.deliver(message(6, "in time"));
      await client.shows(["in time"]);
    },
  },
  stopsAfter("[T19][C2] after 4401 a client that has no token to renew stops", 4401, "unauthorized", {}),
  {
    name: "[T19][C2] after 4401 the client connects with a new token",
    async play({ mailbox, client, recording, connect, welcome }) {
      const link = await connect({}, { token: "t1" });
      if (link.token !== "t1") throw recording.failure(`Expected the token t1 beside the dialect, came ${link.token}.`);
      await client.saw({ is: "open" });
      link.close(4401, "unauthorized", {});
      const hasEnded = () => client.events.find(({ is }) => is === "waiting" || is === "stopped");
      await recording.until("the client waits or has stopped", hasEnded);
      client.do({ do: "token", token: "t2" });
      await welcome(await connectionWith("t2", mailbox, recording));
    },
  },
  {
    name: "[T19][A7][J4] a token that ends is replaced on the open connection, or by another connection",
    async play({ mailbox, client, recording, begin, welcome }) {
      await begin({ token: "t1" });
      const first = await mailbox.connection();
      // Counted from the connection on: a client may take longer to start than the token is valid.
      const link = await welcome(first, { expires: Date.now() + TOKEN_MS });
      client.do({ do: "token", token: "t2" });
      const isReplaced = () => link.frames.some(({ type, token }) => type === "token" && token === "t2");
      const isNew = () => isReplaced() || mailbox.unexpected.length > 0 || undefined;
      // A client without a notion of the end waits for 4401.
      if ((await recording.within(TOKEN_MS + 500, isNew)) === undefined) link.close(4401, "unauthorized", {});
      if (isReplaced()) {
        link.deliver({ type: "token", expires: Date.now() + 3_600_000 });
        await link.reads(5);
      } else {
        const next = await connectionWith("t2", mailbox, recording);
        await (await welcome(next)).reads(5);
      }
    },
  },
];
