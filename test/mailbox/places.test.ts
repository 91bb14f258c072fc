// What of a socket survives hibernation: its place in the log, and never a place that its device was not sent up to.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Sockets } from "../../src/mailbox/connections/sockets.ts";
import { V1 } from "../../src/protocol/version.ts";
import { fresh } from "../support/devices.ts";

test("a place is kept when what leads to it has left, not while it waits for an answer", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, state) => {
    const sockets = new Sockets(state);
    const [sent, kept]: [string[], number[]] = [[], []];
    const wire = {
      send: (text: string) => void sent.push(text),
      close: () => undefined,
      serializeAttachment: (place: unknown) => void kept.push((place as { readonly position: number }).position),
    };
    const grant = { dialect: V1, device: "phone", token: null, expires: null, since: 0, runs: false } as const;
    const place = { opened: 5, position: 5, acked: 5, carries: true, watched: [], unkept: 0, unacked: [] };
    const session = sockets.accept(wire, { ...grant, ...place });
    sockets.flush();
    const own = { frames: ["own"], count: 1, bytes: 3, last: 6 };
    sockets.queueLogFrames(session, own, 6, true);
    sockets.flush();
    expect([sent, kept]).toEqual([[], [5]]);
    sockets.queueAccepted(session, 1, "stored", { seq: 6, at: 0 });
    sockets.flush();
    expect([sent.length, kept]).toEqual([1, [5, 6]]);
    // One that passes nothing on is kept at once.
    sockets.queueLogFrames(session, { frames: [], count: 0, bytes: 0, last: 0 }, 7);
    sockets.flush();
    expect([sent.length, kept]).toEqual([1, [5, 6, 7]]);
  });
});
