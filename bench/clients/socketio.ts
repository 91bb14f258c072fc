// Socket.IO's protocol by hand, as lean as the others: `40` connects, `42` is an event, `2` is a ping.
import type { Connect } from "./client.ts";
import { dial } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

type Event = readonly ["message", { readonly sender: string; readonly msg: string }, offset?: string];

export const connectSocketio: Connect = async (url, name, ear) => {
  let joined: () => void;
  const ready = new Promise<void>((done) => (joined = done));
  const line = await dial(`${url}/socket.io/?EIO=4&transport=websocket`, [], (text) => {
    if (text.startsWith("42")) {
      const [, { sender, msg }] = JSON.parse(text.slice(2)) as Event;
      ear.message(sender, numberOf(msg));
    } else if (text === "2") line.say("3");
    else if (text.startsWith("40")) joined();
    else if (!text.startsWith("0")) throw new Error(`unexpected: ${text}`);
  });
  line.say(`40{"name":"${name}"}`);
  await ready;
  return {
    send(to, first, count) {
      for (let n = first; n < first + count; n++) {
        line.say(`42["message",{"receiver":"${to}","msg":"${bodyOf(n)}"}]`);
      }
    },
    close: () => line.cut(),
  };
};
