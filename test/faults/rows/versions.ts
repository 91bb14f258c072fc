// What was shipped before, beside what is here: clients of both on servers of both, over a deploy and a rollback on the same disk.
import WebSocket from "ws";
import { product } from "../bundle.ts";
import { type Fault, judge, names, pause, withCrowd } from "../fault.ts";
import { previousCode, previousSdk } from "../previous.ts";
import type { Server } from "../server.ts";

export const versions: Fault = {
  name: "Rolling versions",
  how: "clients of the previous release and of this one send on a server of the previous release; it is replaced by this one, rolled back, and replaced again, on the same disk. Other wire versions are offered",
  hold: "the documented rules hold: [V1] to [V5], [D2], [D5]",
  async play(scale) {
    const [before, now] = [await previousCode(), await product()];
    return withCrowd({ code: before }, async (server, crowd) => {
      const users = names(scale === "whole" ? 40 : 10);
      const half = users.length / 2;
      const people = [
        ...(await crowd.enter(users.slice(0, half), "a", await previousSdk())),
        ...(await crowd.enter(users.slice(half))),
        // One user on both.
        ...(await crowd.enter(users.slice(0, 2), "b")),
      ];
      for (const [i, person] of people.entries()) {
        crowd.every(200, () => {
          // Across the two, and within each.
          crowd.send(person, users[(i + half) % users.length] ?? "");
          const neighbour = users[(i ^ 1) % users.length] ?? "";
          if (neighbour !== person.user) crowd.send(person, neighbour);
          person.read(users[(i + half) % users.length] ?? "");
        });
      }
      const offered: string[] = [];
      for (const code of [now, before, now]) {
        await pause(1_500);
        await server.restart(code);
        await crowd.allOnline();
        offered.push(...(await offers(server)));
      }
      await pause(1_500);
      const { wrong, counts } = await judge(crowd);
      return {
        wrong: [...wrong, ...offered],
        seen: `a deploy, a rollback and a deploy under ${people.length} clients, half of them of the previous release; ${counts}; other wire versions were refused or ignored as documented`,
      };
    });
  },
};

/** What is wrong with how a server takes offers of other versions. */
async function offers(server: Server): Promise<string[]> {
  const both = await open(server, ["restante.v9", "restante.v1"]);
  const other = await open(server, ["restante.v9"]);
  return [
    ...(both.protocol === "restante.v1" && both.type === "welcome"
      ? []
      : [`of v9 and v1 it took ${JSON.stringify(both)}`]),
    ...(other.type === "closing" && other.code === 4406 ? [] : [`v9 alone was answered with ${JSON.stringify(other)}`]),
    ...(both.lives === true ? [] : ["a frame of a later version ended the connection"]),
  ];
}

interface Answer {
  readonly protocol: string;
  readonly type?: string;
  readonly code?: number;
  /** Whether the connection answered a frame that nobody knows, and lived on. */
  readonly lives?: boolean;
}

/** The first frame of a connection, and what becomes of it when it says something of a later version. */
function open(server: Server, protocols: string[]): Promise<Answer> {
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/client/versions?device=d&later=1`, protocols);
  let first: { type?: string; code?: number } | null = null;
  return new Promise((done, fail) => {
    const end = (lives: boolean) => {
      done({ protocol: ws.protocol, ...first, lives });
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
