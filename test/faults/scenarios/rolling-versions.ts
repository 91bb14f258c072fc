// The previous release and this one: clients of both on servers of both, over a deploy and a rollback on the same disk.
import WebSocket from "ws";
import { builtWorker } from "../bundle.ts";
import { type Fault, settleAndCheck, userNames, withFleet } from "../fault.ts";
import { previousCode, previousSdk } from "../previous-release.ts";
import type { Server } from "../server.ts";

export const versions: Fault = {
  name: "Rolling versions",
  procedure:
    "clients of the previous release and of this one send on a server of the previous release; it is replaced by this one, rolled back, and replaced again, on the same disk. Other wire versions are offered",
  expectation: "the documented rules hold: [V1] to [V5], [D2], [D5]",
  async play(scale) {
    const [before, now] = [await previousCode(), await builtWorker()];
    return withFleet({ code: before }, async (server, fleet) => {
      const users = userNames(scale === "whole" ? 40 : 10);
      const half = users.length / 2;
      const clients = [
        ...(await fleet.connect(users.slice(0, half), "a", await previousSdk())),
        ...(await fleet.connect(users.slice(half))),
        // Two users with a device of each release.
        ...(await fleet.connect(users.slice(0, 2), "b")),
      ];
      for (const [i, client] of clients.entries()) {
        fleet.every(200, () => {
          // Between the releases, and within each.
          fleet.send(client, users[(i + half) % users.length] ?? "");
          const neighbour = users[(i ^ 1) % users.length] ?? "";
          if (neighbour !== client.user) fleet.send(client, neighbour);
          client.read(users[(i + half) % users.length] ?? "");
        });
      }
      const offered: string[] = [];
      for (const code of [now, before, now]) {
        await fleet.untilSent(15 * clients.length);
        await server.restart(code);
        await fleet.allOnline();
        offered.push(...(await checkVersionOffers(server)));
      }
      await fleet.untilSent(15 * clients.length);
      const { wrong, counts } = await settleAndCheck(fleet);
      return {
        wrong: [...wrong, ...offered],
        observed: `a deploy, a rollback and a deploy under ${clients.length} clients, half of them of the previous release; ${counts}; other wire versions were refused or ignored as documented`,
      };
    });
  },
};

/** Complaints about the server's reaction to other wire versions. */
async function checkVersionOffers(server: Server): Promise<string[]> {
  const both = await offerVersions(server, ["restante.v9", "restante.v1"]);
  const other = await offerVersions(server, ["restante.v9"]);
  return [
    ...(both.protocol === "restante.v1" && both.type === "welcome"
      ? []
      : [`offered v9 and v1, it chose ${JSON.stringify(both)}`]),
    ...(other.type === "closing" && other.code === 4406
      ? []
      : [`offered v9 alone, it replied ${JSON.stringify(other)}`]),
    ...(both.survived === true ? [] : ["a frame of a later version ended the connection"]),
  ];
}

interface OfferResult {
  readonly protocol: string;
  readonly type?: string;
  readonly code?: number;
  /** Whether the connection replied to an unknown frame and stayed open. */
  readonly survived?: boolean;
}

/** Returns the first frame of a connection, and whether the connection survives a frame of a later version. */
function offerVersions(server: Server, protocols: string[]): Promise<OfferResult> {
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/client/versions?device=d&later=1`, protocols);
  let first: { type?: string; code?: number } | null = null;
  return new Promise((done, fail) => {
    const end = (lives: boolean) => {
      done({ protocol: ws.protocol, ...first, survived: lives });
      ws.terminate();
    };
    ws.on("message", (data) => {
      const frames = [JSON.parse(String(data))].flat() as { type?: string; code?: number }[];
      if (first === null) {
        [first = {}] = frames;
        ws.send(`[{"type":"of a later version","x":1},{"type":"typing","to":"somebody","later":[1]}]`);
      } else if (frames.some(({ type }) => type === "error")) end(true);
    });
    ws.on("close", () => end(false)).on("error", fail);
  });
}
