// What messages between two people make the platform do, as its meter has it: from when both are connected until all is quiet again.
// With one in flight they write as people do, one after the other with a pause, and the receiver reads each; otherwise as a batch comes.
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS } from "../clients/clients.ts";
import type { Figures, Load } from "../measures/measure.ts";
import type { Task } from "./job.ts";

/** Ms between a message that has arrived and the next one, if they come one by one. */
const PAUSE = 5;
/** Ms until acks, marks and all that comes late is done. */
const QUIET = 1_500;

export async function bill(task: Task<Extract<Load, { kind: "bill" }>>): Promise<Figures> {
  const { connect } = CLIENTS[task.client];
  const { messages, flight } = task.load;
  const [url = ""] = task.urls;
  const counts = async () => (await (await fetch(`${url.replace("ws", "http")}/counts`)).json()) as Figures;
  let [received, confirmed] = [0, 0];
  let moved: () => void = () => undefined;
  const heard = { message: () => (received++, moved()), confirmed: () => undefined };
  const sure = { message: () => undefined, confirmed: () => (confirmed++, moved()) };
  const receiver = await connect(url, `${task.name}b`, heard, { reads: flight === 1 });
  const sender = await connect(url, `${task.name}a`, sure, { batch: flight });
  await sleep(QUIET);
  await counts();
  for (let sent = 0; sent < messages; sent += flight) {
    const all = new Promise<void>((done) => {
      moved = () => Math.min(received, confirmed) === sent + flight && done();
    });
    sender.send(`${task.name}b`, sent + 1, flight);
    await all;
    if (flight === 1) await sleep(PAUSE);
  }
  await sleep(QUIET);
  const figures = await counts();
  for (const user of [receiver, sender]) user.close();
  const each = 1_000 / Math.max(received, 1);
  return Object.fromEntries(Object.entries(figures).map(([name, n]) => [name, n * each]));
}
