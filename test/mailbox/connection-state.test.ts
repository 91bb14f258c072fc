// The state of a connection that survives hibernation: its position in the log, and never one up to which its device
// was not sent.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { fromAttachment, toAttachment, type V1State } from "../../src/mailbox/connections/connection-state.ts";
import { MAX_EARLY } from "../../src/mailbox/log/peers/early-marks.ts";
import { MAX_NAME_UNITS, MAX_WATCHED_PEERS } from "../../src/protocol/limits.ts";
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
  relations: false,
  opened: 5,
  position: 5,
  acked: 5,
  advancesDelivered: true,
  watched: [],
  ackedSincePersist: 0,
  unacked: [],
  attempt: null,
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
    session.output.queueLogFrames(["own"], true, []);
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

test("an attachment never exceeds what the platform stores, with every list full and the longest names", async () => {
  const [name, number] = ["ж".repeat(MAX_NAME_UNITS), Number.MAX_SAFE_INTEGER];
  const mark = { reached: number, stored: number, delivered: number, read: number, mine: number, mark: number };
  const note = { name, epoch: "x".repeat(12), unread: number, owesDelivered: number, owesRead: number, ...mark };
  const full: V1State = {
    kind: "v1",
    device: "d".repeat(MAX_NAME_UNITS),
    token: "t".repeat(64),
    expires: number,
    since: number,
    opened: number,
    runs: true,
    early: true,
    relations: true,
    position: number,
    acked: number,
    ackedSincePersist: number,
    advancesDelivered: true,
    watched: Array.from({ length: MAX_WATCHED_PEERS }, () => name),
    unacked: Array.from({ length: 64 }, () => [number, 4_096, 1_000_000] as const),
    attempt: { instance: "i".repeat(16), number },
  };
  const marks = Array.from({ length: MAX_EARLY }, () => ({ ...note }));
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, object) => {
    const { 1: server } = new WebSocketPair();
    object.acceptWebSocket(server);
    server.serializeAttachment(toAttachment(full, marks));
    expect(server.deserializeAttachment()).toMatchObject({ marks });
    // The platform throws: more would be noticed here.
    const tooMany = Array.from({ length: 2 * MAX_EARLY }, () => ({ ...note }));
    expect(() => server.serializeAttachment(toAttachment(full, tooMany))).toThrow();
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
  const related = { ...saved, relations: true };
  expect(fromAttachment(toAttachment(related))).toEqual(related);
  const numbered = { ...saved, attempt: { instance: "k3J9", number: 2 } };
  expect(fromAttachment(toAttachment(numbered))).toEqual(numbered);
  const { kind, runs, early, relations, opened, watched, unacked, attempt, ...plain } = state;
  expect([kind, runs, early, relations, opened, watched, unacked, attempt]).toHaveLength(8);
  expect(fromAttachment(toAttachment({ kind: "plain", ...plain }))).toEqual({ kind: "plain", ...plain });
});
