// A RabbitMQ of our own: node, epmd and distribution on free loopback ports, everything it keeps in a folder that goes with it. Its
// epmd is started here too, because the one that Erlang starts by itself would stay behind.
import process from "node:process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dropFolder, waitForOutput, makeFolder, start } from "../machine/processes.ts";
import { freePorts } from "../machine/ports.ts";
import { findTool } from "../machine/tools.ts";
import type { Broker } from "./node.ts";

/** As long as the longest run, ms. */
const RUNS = 3_600_000;

let running: Promise<Broker> | undefined;

/** One for all that need it, because it takes 6 s to start: it keeps nothing of a peer that has stopped, and ends with us. */
export async function startRabbitmq(): Promise<Broker> {
  running ??= startBroker();
  return { ...(await running), stop: () => Promise.resolve() };
}

async function startBroker(): Promise<Broker> {
  const program = findTool("rabbitmq-server");
  const [port = 0, distribution = 0, epmdPort = 0] = await freePorts(3);
  const folder = makeFolder();
  writeFileSync(join(folder, "rabbitmq.conf"), `listeners.tcp.1 = 127.0.0.1:${port}\nlog.console = true\n`);
  writeFileSync(join(folder, "plugins"), "[].\n");
  const { PATH } = process.env;
  const env: NodeJS.ProcessEnv = {
    PATH,
    LANG: "C.UTF-8",
    HOME: folder,
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: `bench${port}@localhost`,
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
  };
  const epmd = start(findTool("epmd"), ["-port", `${epmdPort}`, "-address", "127.0.0.1"], { env, timeoutMs: RUNS });
  const rabbitmq = start(program, [], { cwd: folder, env, timeoutMs: RUNS });
  const stop = async () => {
    await Promise.all([rabbitmq.stop(), epmd.stop()]);
    dropFolder(folder);
  };
  try {
    await waitForOutput(rabbitmq, rabbitmq.child.stdout, /completed with \d+ plugins|Server startup complete/);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `amqp://127.0.0.1:${port}`, pids: [rabbitmq.child.pid ?? 0], stop };
}
