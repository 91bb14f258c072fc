// Two users whose devices ask for relations, for tests inside the runtime.
import type { Device, Frame } from "./client-socket.ts";
import { fresh, get, open } from "./devices.ts";

export const RELATIONS = "&relations=1";

/** A conversation of two users. */
export async function conversation() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = new Writer(await open(a, "phone", RELATIONS), b);
  const bob = new Writer(await open(b, "phone", RELATIONS), a);
  return { a, b, alice, bob };
}

/** A device that writes to one peer. */
export class Writer {
  device: Device;
  readonly #to: string;

  constructor(device: Device, to: string) {
    this.device = device;
    this.#to = to;
  }

  /** Sends a message, and returns its answer. */
  async send(body: unknown, re?: { readonly to: number; readonly is: string }): Promise<Frame> {
    const id = this.device.welcome.lastId + 1;
    this.device.send({ type: "send", id, to: this.#to, body, ...(re !== undefined && { re }) });
    for (;;) {
      const frame = await this.device.next();
      if (frame["id"] !== id || frame["type"] === "message") continue;
      if (frame["type"] === "accepted") this.device.welcome.lastId = id;
      return frame;
    }
  }

  /** Sends a message that is accepted, and returns its seq in the own log. */
  async sent(body: unknown, re?: { readonly to: number; readonly is: string }): Promise<number> {
    const answer = await this.send(body, re);
    if (answer["type"] !== "accepted") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    return Number(answer["entry"]);
  }

  /** The next message of the peer. */
  async received(): Promise<Frame> {
    for (;;) {
      const frame = await this.device.until("message");
      if (frame["from"] === this.#to) return frame;
    }
  }
}

/** One conversation in the list of a user. */
export async function listed(user: string): Promise<Frame | undefined> {
  return ((await get(`/api/conversations?user=${user}`)) as { conversations: Frame[] }).conversations[0];
}

/** The messages of a conversation over HTTP. */
export async function history(user: string, peer: string): Promise<Frame[]> {
  return ((await get(`/api/conversations/${peer}/messages?user=${user}&limit=200`)) as { messages: Frame[] }).messages;
}
