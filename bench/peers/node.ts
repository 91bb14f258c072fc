// The servers of a peer in Node, one process each, and the broker that they were given.
import { join } from "node:path";
import process from "node:process";
import { waitForOutput, LONGEST, start } from "../machine/processes.ts";
import type { Served } from "./peer.ts";

export interface Broker {
  /** What its clients connect to. */
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Starts `count` times `servers/NAME.ts`, each with the broker's url and `flags`. */
export async function startServers(
  name: string,
  count: number,
  broker?: Broker,
  flags: readonly string[] = [],
): Promise<Served> {
  const args = [join(import.meta.dirname, "servers", `${name}.ts`), ...(broker ? [broker.url] : []), ...flags];
  const servers = Array.from({ length: count }, () => start(process.execPath, args, { timeoutMs: LONGEST }));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await broker?.stop();
  };
  try {
    const ports = await Promise.all(
      servers.map((server) => waitForOutput(server, server.child.stdout, /"port":(\d+)/)),
    );
    return {
      urls: ports.map(([, port]) => `ws://127.0.0.1:${port}`),
      pids: [...servers.map(({ child }) => child.pid ?? 0), ...(broker?.pids ?? [])],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
