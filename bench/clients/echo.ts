// The echo: a user writes to itself and hears its own text; the same texts as Restante's, read the same way.
import type { Connect } from "./client.ts";
import { dial, lasting } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

export const connectEcho: Connect = async (url, name, ear) => {
  const hear = (text: string) => {
    const { body } = JSON.parse(text) as { readonly body: string };
    ear.message(name, numberOf(body));
  };
  const held = await lasting(() => dial(`${url}/${name}`, [], hear));
  return {
    send(to, first, count) {
      for (let id = first; id < first + count; id++) {
        held.line.say(`{"type":"send","id":${id},"to":"${to}","body":"${bodyOf(id)}"}`);
      }
    },
    cut: held.cut,
    back: held.back,
    close: held.cut,
  };
};
