// Restante's own protocol, frame by frame: each message a text of its own, or so many in one. What others wrote is acknowledged
// when it arrives, everything else with the next text, and who comes back says up to where it was. It takes early marks. So does the SDK.
import type { Down } from "../../src/protocol/down.ts";
import { V1 } from "../../src/protocol/version.ts";
import type { Connect, Ear } from "./client.ts";
import { dial, lasting, type Line, soon } from "./dial.ts";
import { bodyOf, numberOf } from "./text.ts";

export const connectFrames: Connect = async (url, name, ear, { batch = 1, fromStart = false }) => {
  let last = 0;
  let acked = 0;
  let acks: Line | null = null;
  const takeAck = () => {
    if (last === acked) return [];
    acked = last;
    return [`{"type":"ack","seq":${last}}`];
  };
  const ack = soon(() => {
    for (const frame of takeAck()) acks?.say(frame);
  });
  let place = fromStart ? "" : "&cursor=head";
  const open = async (): Promise<Line> => {
    let welcomed: () => void;
    const ready = new Promise<void>((done) => (welcomed = done));
    const line = await dial(`${url}/client/${name}?device=bench&early=1${place}`, [V1], (text, from) => {
      const value = JSON.parse(text) as Down | Down[];
      let isAwaited = false;
      for (const frame of Array.isArray(value) ? value : [value]) {
        if ("seq" in frame) last = frame.seq ?? last;
        if (frame.type === "welcome") {
          place = `&epoch=${frame.epoch}`;
          welcomed();
        } else isAwaited = hear(frame, ear) || isAwaited;
      }
      acks = from;
      if (isAwaited) ack();
    });
    await ready;
    return line;
  };
  const held = await lasting(open);
  return {
    send(to, first, count) {
      for (let next = first; next < first + count; next += batch) {
        const size = Math.min(batch, first + count - next);
        const said = [...takeAck(), ...Array.from({ length: size }, (_, k) => sendOf(to, next + k))];
        held.line.say(said.length === 1 ? said.join("") : `[${said.join(",")}]`);
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

/** Whether its author waits for the ack. */
function hear(frame: Down, ear: Ear): boolean {
  switch (frame.type) {
    case "message":
      // Without body: the sender's own, in its log.
      if (frame.body !== undefined) ear.message(frame.from, numberOf(frame.body));
      return frame.body !== undefined;
    case "accepted":
      if (frame.state !== "stored") throw new Error(`message ${frame.id} is ${frame.state}`);
      ear.confirmed(frame.id);
      return false;
    case "mark":
    case "peer":
      return false;
    default:
      throw new Error(`unexpected: ${JSON.stringify(frame)}`);
  }
}
