// How each peer is started, fresh: on empty disks, with a broker of its own where it needs one.
import type { PeerName } from "../measures/measure.ts";
import { startBare } from "./bare.ts";
import { startEcho } from "./echo.ts";
import { startGroups } from "./groups.ts";
import { startServers } from "./node.ts";
import { startRabbitmq } from "./rabbitmq.ts";
import { startRedis } from "./redis.ts";
import { startBefore, startCounted, startPeople, startPeopleBefore, startRestante } from "./restante.ts";
import type { Served } from "./peer.ts";

export const PEERS: Readonly<Record<PeerName, (servers: number) => Promise<Served>>> = {
  single: () => startServers("single", 1),
  redis: async (servers) => startServers("redis", servers, await startRedis("nothing")),
  rabbitmq: async (servers) => startServers("rabbitmq", servers, await startRabbitmq()),
  "socket.io": async (servers) => startServers("socketio", servers, await startRedis("nothing")),
  recovery: async (servers) => startServers("socketio", servers, await startRedis("nothing"), ["recovery"]),
  streams: async (servers) => startServers("streams", servers, await startRedis("everything")),
  restante: startRestante,
  counted: startCounted,
  people: startPeople,
  before: startBefore,
  "people before": startPeopleBefore,
  bare: startBare,
  groups: startGroups,
  echo: startEcho,
};
