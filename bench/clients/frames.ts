// Restante's own protocol, frame by frame: each message a text of its own, or so many in one. What has arrived is acknowledged, and who
// comes back says up to where it was. It takes early marks, as the SDK does.
import type { Down } from "../../src/protocol/down.ts";
import { V1 } from "../../src/protocol/version.ts";
import type { Connect, Ear } from "./client.ts";
import { dial, lasting, type Line, soon } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

export const connectFrames: Connect = async (url, name, ear, { batch = 1, fromStart = false }) => {
  let last = 0;
  let acks: Line | null = null;
  const ack = soon(() => acks?.say(`{"type":"ack","seq":${last}}`));
  let place = fromStart ? "" : "&cursor=head";
  const open = async (): Promise<Line> => {
    let welcomed: () => void;
    const ready = new Promise<void>((done) => (welcomed = done));
    const line = await dial(`${url}/client/${name}?device=bench&early=1${place}`, [V1], (text, from) => {
      const value = JSON.parse(text) as Down | Down[];
      const before = last;
      for (const frame of Array.isArray(value) ? value : [value]) {
        if ("seq" in frame) last = frame.seq ?? last;
        if (frame.type === "welcome") {
          place = `&epoch=${frame.epoch}`;
          welcomed();
        } else hear(frame, ear);
      }
      if (last === before) return;
      acks = from;
      ack();
    });
    await ready;
    return line;
  };
  const held = await lasting(open);
  return {
    send(to, first, count) {
      for (let next = first; next < first + count; next += batch) {
        const size = Math.min(batch, first + count - next);
        const sends = Array.from({ length: size }, (_, k) => sendOf(to, next + k));
        held.line.say(batch === 1 ? sends.join("") : `[${sends.join(",")}]`);
      }
    },
    cut: held.cut,
    async back() {
      if (last > 0) place += `&cursor=${last}`;
      await held.back();
    },
    close: held.cut,
  };
};

function sendOf(to: string, id: number): string {
  return `{"type":"send","id":${id},"to":"${to}","body":"${bodyOf(id)}"}`;
}

function hear(frame: Down, ear: Ear): void {
  switch (frame.type) {
    case "message":
      // Without body: the sender's own, in its log.
      if (frame.body !== undefined) ear.message(frame.from, numberOf(frame.body));
      break;
    case "accepted":
      if (frame.state !== "stored") throw new Error(`message ${frame.id} is ${frame.state}`);
      ear.confirmed(frame.id);
      break;
    case "mark":
    case "peer":
      break;
    default:
      throw new Error(`unexpected: ${JSON.stringify(frame)}`);
  }
}
