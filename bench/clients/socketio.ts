// Socket.IO's protocol by hand, as lean as the others: `40` connects, `42` is an event, `2` is a ping. Where the server recovers a
// connection's state, it gave the connection a name, and an offset with each event; who comes back says both.
import type { Connect } from "./client.ts";
import { dial, lasting, type Line } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

type Event = readonly ["message", { readonly sender: string; readonly msg: string }, offset?: string];

export const connectSocketio: Connect = async (url, name, ear) => {
  const place: { name: string; pid?: string; offset?: string } = { name };
  const open = async (): Promise<Line> => {
    let joined: () => void;
    const ready = new Promise<void>((done) => (joined = done));
    const line = await dial(`${url}/socket.io/?EIO=4&transport=websocket`, [], (text) => {
      if (text.startsWith("42")) {
        const [, { sender, msg }, offset] = JSON.parse(text.slice(2)) as Event;
        if (offset !== undefined) place.offset = offset;
        ear.message(sender, numberOf(msg));
      } else if (text === "2") line.say("3");
      else if (text.startsWith("40")) {
        const { pid } = JSON.parse(text.slice(2)) as { pid?: string };
        if (pid !== undefined) place.pid = pid;
        joined();
      } else if (!text.startsWith("0")) throw new Error(`unexpected: ${text}`);
    });
    line.say(`40${JSON.stringify(place)}`);
    await ready;
    return line;
  };
  const held = await lasting(open);
  return {
    send(to, first, count) {
      for (let n = first; n < first + count; n++) {
        held.line.say(`42["message",{"receiver":"${to}","msg":"${bodyOf(n)}"}]`);
      }
    },
    cut: held.cut,
    back: held.back,
    close: held.cut,
  };
};
