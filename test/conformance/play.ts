// Plays one case: its own server, its own folder and its own processes, all of which end with it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Case, Stage } from "./case.ts";
import { ClientProcess } from "./client-process.ts";
import { Failure, Recording, Skipped } from "./recording.ts";
import { ScriptedServer } from "./scripted-server.ts";

export interface Outcome {
  readonly name: string;
  readonly is: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly why: string;
  readonly lines: readonly string[];
  /** The end of what the client wrote to stderr. */
  readonly errors: string;
  readonly ms: number;
}

/** A case that takes longer is broken itself: each of its waits has a limit. */
const LONGEST_MS = 240_000;

/** Folders of cases that are being played: they go with this process. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Plays a case with the client that the shell command starts. */
export async function play({ name, play: script }: Case, command: string): Promise<Outcome> {
  const begun = performance.now();
  const recording = new Recording();
  const folder = mkdtempSync(join(tmpdir(), "restante-conformance-"));
  folders.add(folder);
  const servers: ScriptedServer[] = [];
  const clients: ClientProcess[] = [];
  const another = async (user: string, device: string) => {
    const who = servers.length === 0 ? "" : `${user}/${device} `;
    const mailbox = await ScriptedServer.start(recording, `${who}${servers.length + 1}`);
    servers.push(mailbox);
    const client = new ClientProcess(command, recording, who);
    clients.push(client);
    const state = join(folder, `${clients.length}`);
    mkdirSync(state);
    return { mailbox, client, state };
  };
  const outcome = (is: Outcome["is"], why = ""): Outcome => {
    const errors = clients.map((client) => client.errors).join("");
    return { name, is, why, lines: recording.lines, errors, ms: performance.now() - begun };
  };
  const limit = setTimeout(() => recording.fail(new Failure("The case itself takes too long.")), LONGEST_MS);
  try {
    await script(await stageOf(recording, another));
    recording.check();
    return outcome("passed");
  } catch (error) {
    if (error instanceof Skipped) return outcome("skipped", error.message);
    return outcome("failed", error instanceof Failure ? error.message : String((error as Error).stack));
  } finally {
    clearTimeout(limit);
    for (const client of clients) await client.kill();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
}

async function stageOf(recording: Recording, another: Stage["another"]): Promise<Stage> {
  const { mailbox, client, state } = await another("alice", "phone");
  const reconnect: Stage["reconnect"] = async (welcome) => stage.welcome(await mailbox.connection(), welcome);
  const begin: Stage["begin"] = (more = {}) =>
    client.open({ url: mailbox.url, user: "alice", device: "phone", state, ...more });
  const connect: Stage["connect"] = async (welcome, more) => {
    await begin(more);
    return reconnect(welcome);
  };
  const stage: Stage = {
    mailbox,
    client,
    recording,
    another,
    begin,
    connect,
    reconnect,
    async welcome(link, welcome) {
      const isOpen = () => link.isOver || client.events.slice(before).some(({ is }) => is === "open") || undefined;
      const before = client.events.length;
      if (!link.isOver) {
        link.welcome(welcome);
        await recording.until("the client says that it is open", isOpen);
      }
      // On a busy machine a client may have given it up before it read the welcome.
      return link.isOver ? reconnect(welcome) : link;
    },
  };
  return stage;
}
