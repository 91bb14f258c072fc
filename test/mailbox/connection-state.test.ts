// The state of a connection that survives hibernation: its position in the log, and never one up to which its device
// was not sent.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { fromAttachment, toAttachment, type V1State } from "../../src/mailbox/connections/connection-state.ts";
import { Sockets } from "../../src/mailbox/connections/sockets.ts";
import { fresh } from "../support/devices.ts";

const state: V1State = {
  kind: "v1",
  device: "phone",
  token: null,
  expires: null,
  since: 0,
  runs: false,
  early: false,
  opened: 5,
  position: 5,
  acked: 5,
  advancesDelivered: true,
  watched: [],
  ackedSincePersist: 0,
  unacked: [],
};

test("a position is saved when the frames up to it have left, not while they wait for an answer", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, object) => {
    const sockets = new Sockets(object);
    const [sent, saved]: [string[], number[]] = [[], []];
    const wire = {
      send: (text: string) => void sent.push(text),
      close: () => undefined,
      serializeAttachment: (stored: unknown) => void saved.push((stored as { readonly position: number }).position),
    };
    const session = sockets.accept(wire, { ...state });
    const move = (position: number) => Object.assign(session, { position, changed: true });
    sockets.flush();
    session.output.queueLogFrames(["own"], true);
    move(6);
    sockets.flush();
    expect([sent, saved]).toEqual([[], [5]]);
    session.output.queueAccepted(1, "stored", { seq: 6, at: 0 });
    sockets.flush();
    expect([sent.length, saved]).toEqual([1, [5, 6]]);
    // A position to which no frame leads is saved at once.
    move(7);
    sockets.flush();
    expect([sent.length, saved]).toEqual([1, [5, 6, 7]]);
  });
});

test("an attachment keeps the names that older code reads, and gives back the state", () => {
  const saved = { ...state, advancesDelivered: false, ackedSincePersist: 3, unacked: [[6, 1, 10] as const] };
  expect(toAttachment(saved)).toEqual({
    dialect: "restante.v1",
    device: "phone",
    token: null,
    expires: null,
    since: 0,
    opened: 5,
    runs: false,
    position: 5,
    acked: 5,
    carries: false,
    watched: [],
    unkept: 3,
    unacked: [[6, 1, 10]],
  });
  expect(fromAttachment(toAttachment(saved))).toEqual(saved);
  const { kind, runs, early, opened, watched, unacked, ...plain } = state;
  expect([kind, runs, early, opened, watched, unacked]).toHaveLength(6);
  expect(fromAttachment(toAttachment({ kind: "plain", ...plain }))).toEqual({ kind: "plain", ...plain });
});
