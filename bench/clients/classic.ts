// The classic servers: one JSON message a text. Where the server keeps messages, each is confirmed to its sender, and its receiver
// acknowledges what it has.
import type { Connect, Ear, User } from "./client.ts";
import { dial, lasting, type Line, soon } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

interface Down {
  readonly sender: string;
  readonly msg: string;
  readonly id?: string;
  readonly stored?: number;
}

export const connectClassic: Connect = (url, name, ear) => connect(url, name, ear, false);
export const connectConfirmed: Connect = (url, name, ear) => connect(url, name, ear, true);

async function connect(url: string, name: string, ear: Ear, confirmed: boolean): Promise<User> {
  let last = "";
  let acks: Line | null = null;
  const ack = soon(() => acks?.say(`{"ack":"${last}"}`));
  const hear = (text: string, line: Line) => {
    const down = JSON.parse(text) as Down;
    if (down.stored !== undefined) return ear.confirmed(down.stored);
    ear.message(down.sender, numberOf(down.msg));
    if (down.id === undefined) return;
    last = down.id;
    acks = line;
    ack();
  };
  const held = await lasting(() => dial(`${url}/client/${name}`, [], hear));
  return {
    send(to, first, count) {
      for (let n = first; n < first + count; n++) {
        const id = confirmed ? `"id":${n},` : "";
        held.line.say(`{${id}"receiver":"${to}","msg":"${bodyOf(n)}"}`);
      }
    },
    cut: held.cut,
    back: held.back,
    close: held.cut,
  };
}
