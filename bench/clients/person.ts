// A person with an account, on one or more devices, each of which is the SDK with its store in memory.
import "./sdk.ts"; // The WebSocket that all clients here use.
import type { Message } from "../../src/client/message.ts";
import type { Restante } from "../../src/client/api.ts";
import { claim, connect } from "./sdk-module.ts";

export interface Person {
  readonly name: string;
  /** The first one is the one that sends and reads. */
  readonly devices: readonly [Restante, ...Restante[]];
  close(): Promise<void>;
}

/** Claims the name and connects. `heard` is told of every message of somebody else on the first device. */
export async function connectPerson(
  url: string,
  userName: string,
  devices: number,
  heard: (message: Message, me: Restante) => void,
): Promise<Person> {
  const { token } = await claim(url, { userName });
  const open = (n: number) => connect({ url, userName, device: `bench${n}`, token, since: "now" });
  const [first, ...others] = [open(0), ...Array.from({ length: devices - 1 }, (_, n) => open(n + 1))] as const;
  const all = [first, ...others] as const;
  let expected = true;
  for (const me of all) {
    me.messages.subscribe((message) => me === first && heard(message, me));
    me.connection.subscribe((state) => {
      const isLost = state.is === "waiting" || state.is === "stopped";
      if (expected && isLost) throw new Error(`${userName}: ${JSON.stringify(state)}`);
    });
  }
  await Promise.all(all.map(opened));
  return {
    name: userName,
    devices: all,
    async close() {
      expected = false;
      await Promise.all(all.map((me) => me.close()));
    },
  };
}

async function opened(me: Restante): Promise<void> {
  for await (const { is } of me.connection) if (is === "open") return;
}
