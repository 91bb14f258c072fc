// [D*], [F7], [C1] and the tokens of [A2]: what opens a mailbox, what is refused, and how.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import { randomText } from "../target.ts";
import { Skipped } from "../../recording.ts";

/** Queries of a v1 upgrade that are no position of a device ([D3]). */
const WRONG_QUERIES: readonly Readonly<Record<string, string>>[] = [
  {},
  { device: "" },
  { device: "a b" },
  { device: "x".repeat(65) },
  { device: "d", cursor: "-1" },
  { device: "d", cursor: "9007199254740992" },
  { device: "d", cursor: "tail" },
  { device: "d", runs: "yes" },
];

const welcomes = serverCase("[F7] welcome is the first frame and has all fields", async (world) => {
  const user = await world.someone();
  const { welcome } = await world.open(user, { device: "a.B_9-" });
  expectFields(welcome, { version: 1, user: user.name, device: "a.B_9-" }, "welcome");
  expectThat(typeof welcome["epoch"] === "string" && welcome["epoch"] !== "", "welcome has an epoch");
  for (const field of ["head", "lastId"]) expectThat(Number.isSafeInteger(welcome[field]), `${field} is a number`);
  for (const field of ["runs", "early"]) expectEqual(welcome[field], undefined, `${field}, which nobody asked for`);
  const granted = (await world.open(user, { query: { runs: "1", early: "1" } })).welcome;
  for (const field of ["runs", "early"])
    expectThat([true, undefined].includes(granted[field] as true), `${field} is true or absent`);
});

const limits = serverCase("[F3] welcome gives every limit as a number above 0", async (world) => {
  const { limits } = await world.open(await world.someone());
  for (const name of ["window", "windowBytes", "bodyBytes", "textBytes", "frames"])
    expectThat(Number.isSafeInteger(limits[name]) && Number(limits[name]) > 0, `${name} is a number above 0`);
  expectThat(Number(limits["textBytes"]) < 2 ** 20, "textBytes is below 1 MiB");
});

const queries = serverCase("[D3][D4] a wrong query is answered with closing 4400 and bad_query", async (world) => {
  const user = await world.someone();
  for (const query of WRONG_QUERIES) {
    const { closing, socket } = await world.refused(user, query);
    expectFields(closing, { code: 4400, reason: "bad_query" }, `closing of ${JSON.stringify(query)}`);
    expectFields(await socket.closed(), { code: 4400, reason: "bad_query" }, "the close event");
  }
});

const unknownFields = serverCase("[V2] unknown fields of the query are ignored", async (world) => {
  await world.open(await world.someone(), { query: { "x-unknown": "1" } });
});

const subprotocols = serverCase("[D2] the first offered subprotocol that the server speaks is used", async (world) => {
  const user = await world.someone();
  const offers: [string[], string][] = [
    [["restante.v1", "restante.plain"], "restante.v1"],
    [["restante.plain", "restante.v1"], "restante.plain"],
    [["restante.v9", "restante.v1"], "restante.v1"],
    [["x-other", "restante.v1"], "restante.v1"],
  ];
  for (const [protocols, expected] of offers) {
    const socket = world.socketOf(
      await world.upgrade(user, { device: `d-${randomText()}`, cursor: "head" }, protocols),
    );
    expectEqual(socket.protocol, expected, `the dialect of ${protocols.join(", ")}`);
  }
});

const otherVersions = serverCase("[D5] other versions alone are refused with 4406 under their name", async (world) => {
  const { closing, socket } = await world.refused(await world.someone(), { device: "d" }, ["restante.v9"]);
  expectEqual(socket.protocol, "restante.v9", "the answered subprotocol");
  expectFields(closing, { code: 4406, reason: "no_version" }, "closing");
});

const noProtocol = serverCase("[D5] an upgrade that offers foreign subprotocols alone is HTTP 400", async (world) => {
  const connected = await world.upgrade(await world.someone(), { device: "d" }, ["x-other"]);
  expectThat("refused" in connected, "an upgrade to x-other is refused");
  expectEqual(connected.refused.status, 400, "the status");
});

const noUpgrade = serverCase("[D1] without an upgrade a mailbox answers 426", async (world) => {
  const { status } = await world.http("GET", `/client/${(await world.someone()).name}?device=d`);
  expectEqual(status, 426, "the status");
});

const tokens = serverCase("[A2] no token and a wrong one are 4401, another user's is 4403", async (world) => {
  if (world.target.auth === "open") throw new Skipped("AUTH is open: no token is wrong");
  const [one, other] = [await world.someone(), await world.someone()];
  expectThat(one.name !== other.name, "two users are needed");
  const unknown = world.target.auth === "jwt" ? "a.b.c" : `rst1.${randomText()}`;
  const cases: [string | null, number, string][] = [
    [null, 4401, "unauthorized"],
    [unknown, 4401, "unauthorized"],
    [other.token, 4403, "forbidden"],
  ];
  for (const [token, code, reason] of cases) {
    const { closing } = await world.refused({ name: one.name, token }, { device: "d" });
    expectFields(closing, { code, reason }, `closing, token ${token === null ? "missing" : reason}`);
  }
});

const renewal = serverCase("[A7] a token on the open connection is answered with token", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  device.say({ type: "token", token: user.token ?? "any" });
  await device.until({ type: "token" });
  await device.deliver(user.name, "still open");
});

const close = serverCase("[C1] closing is the last frame, and its reason is the reason of the close", async (world) => {
  const { closing, socket } = await world.refused(await world.someone(), { device: "a b" });
  const { code, reason, message } = closing;
  expectThat(typeof message === "string" && message !== "", "closing has a message");
  expectEqual(await socket.text(), null, "the text after closing");
  expectFields(await socket.closed(), { code, reason }, "the close event");
});

export const connecting = [
  welcomes,
  limits,
  queries,
  unknownFields,
  subprotocols,
  otherVersions,
  noProtocol,
  noUpgrade,
  tokens,
  renewal,
  close,
];
