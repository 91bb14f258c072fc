// The echo: a user writes to itself and hears its own text; the same texts as Restante's, read the same way.
import type { Connect } from "./client.ts";
import { dial } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

export const connectEcho: Connect = async (url, name, ear) => {
  const line = await dial(`${url}/${name}`, [], (text) => {
    const { body } = JSON.parse(text) as { readonly body: string };
    ear.message(name, numberOf(body));
  });
  return {
    send(to, first, count) {
      for (let id = first; id < first + count; id++) {
        line.say(`{"type":"send","id":${id},"to":"${to}","body":"${bodyOf(id)}"}`);
      }
    },
    close: () => line.cut(),
  };
};
