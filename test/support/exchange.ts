// Two users in the middle of an exchange, with devices that read early marks, and the two ways in which a mailbox leaves
// memory.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { Device, Frame } from "./client-socket.ts";
import { fresh, open } from "./devices.ts";

/** The query of a device that reads early marks. */
export const EARLY = "&early=1";

/** The object leaves memory under its sockets. */
export const hibernate = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" });

/** Alice and bob, who have exchanged a message each, so that what follows is in the middle of an exchange. */
export async function exchange(query = EARLY) {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a, "phone", query), await open(b, "phone", query)];
  await send(alice, b, "first");
  await receive(bob);
  await alice.mark("delivered");
  await send(bob, a, "second");
  await receive(alice);
  await bob.mark("delivered");
  return { a, b, alice, bob };
}

export async function send(from: Device, to: string, body: unknown): Promise<number> {
  from.send({ type: "send", id: ++from.welcome.lastId, to, body });
  return Number((await from.until("accepted"))["entry"]);
}

/** Receives the next message of somebody else and acknowledges it. Returns its seq. */
export async function receive(device: Device): Promise<number> {
  for (;;) {
    const { seq, from } = await device.until("message");
    if (from === device.welcome.user) continue;
    device.ack(seq);
    return Number(seq);
  }
}

/** The next mark that is at least `least`. */
export async function markOf(
  device: Device,
  field: "stored" | "delivered" | "read" | "mine",
  least: number,
): Promise<Frame> {
  for (;;) {
    const mark = await device.mark(field);
    if (Number(mark[field]) >= least) return mark;
  }
}

/** The object ends at once, with its sockets. */
export async function abort(name: string): Promise<void> {
  await runInDurableObject(env.MAILBOX.getByName(name), (_, state) => state.abort("ended here")).catch(() => undefined);
}
