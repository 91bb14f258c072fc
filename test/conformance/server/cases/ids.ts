// [S1] to [S5] and [S8]: the numbers of messages, repeated sends, and refusals.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import { Skipped } from "../../recording.ts";

/** More than a user may send at once by default. */
const MANY_MESSAGES = 150;

const consecutive = serverCase("[S1][S3] only lastId + 1 is accepted; a later id is out_of_order", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  expectEqual(device.welcome["lastId"], 0, "lastId of a new device");
  for (const id of [2, 3, 1_000, Number.MAX_SAFE_INTEGER]) {
    device.say({ type: "send", id, to: user.name, body: 1 });
    expectFields(await device.until({ type: "refused" }), { id, code: "out_of_order" }, `id ${id}`);
  }
  await device.deliver(user.name, "one");
  await device.deliver(user.name, "two");
  device.ack(Number.MAX_SAFE_INTEGER);
  const again = await world.connected(user, { device: device.name });
  expectEqual(again.welcome["lastId"], 2, "lastId on the next connection");
});

const separately = serverCase("[S1] each device has ids of its own", async (world) => {
  const user = await world.someone();
  const [one, other] = [await world.open(user), await world.open(user)];
  expectFields(await one.deliver(user.name, "a"), { id: 1 }, "the first device's answer");
  expectFields(await other.deliver(user.name, "b"), { id: 1 }, "the second device's answer");
});

const again = serverCase(
  "[S2] a repeated send is accepted again with the same entry, and written once",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    const body = { n: 1, deep: { a: [1, 2], b: "x" } };
    const { entry, at } = await device.deliver(user.name, body);
    const repeats = [JSON.stringify(body), '{ "deep" : {"b":"\\u0078","a":[1,2.0]}, "n":1e0 }'];
    for (const text of repeats) {
      device.socket.send(`{"type":"send","id":1,"to":"${user.name}","body":${text}}`);
      expectFields(await device.until({ type: "accepted" }), { id: 1, entry, at }, `the answer to ${text}`);
    }
    const later = await world.connected(user, { device: device.name });
    later.say({ type: "send", id: 1, to: user.name, body });
    expectFields(await later.until({ type: "accepted" }), { id: 1, entry, at }, "the answer on the next connection");
    const messages = (await later.settled()).filter(({ type }) => type === "message");
    expectEqual(
      messages.filter(({ seq }) => Number(seq) > Number(entry)),
      [],
      "messages after the first",
    );
  },
);

const reused = serverCase("[S2] an accepted id with another body or receiver is id_reused", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  await device.deliver(user.name, { a: 1 });
  for (const send of [
    { to: user.name, body: { a: 2 } },
    { to: user.name, body: { a: 1, b: 1 } },
    { to: "somebody-else", body: { a: 1 } },
  ]) {
    device.say({ type: "send", id: 1, ...send });
    expectFields(await device.until({ type: "refused" }), { id: 1, code: "id_reused" }, JSON.stringify(send));
  }
  await device.deliver(user.name, "the next id is free");
});

const cutBatch = serverCase("[S4] a refused send cuts the batch, and its id stays free", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  const large = "x".repeat(Number(device.limits["bodyBytes"]));
  const [first, second, third, fourth] = device.send(user.name, "one", large, "three", "four");
  const answers = new Map<unknown, string>();
  while (answers.size < 4) {
    const { type, id, code } = await device.next();
    if (type === "accepted" || type === "refused") answers.set(id, String(code ?? type));
  }
  expectEqual(
    [first, second, third, fourth].map((id) => answers.get(id)),
    ["accepted", "too_large", "out_of_order", "out_of_order"],
    "the answers",
  );
  device.nextId = Number(second);
  expectFields(await device.deliver(user.name, "three"), { id: second }, "the answer to the free id");
});

const refusedThenCut = serverCase(
  "[S2][S4] after a refusal and a cut, lastId is the last accepted id",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    const large = "x".repeat(Number(device.limits["bodyBytes"]));
    const bodies = Array.from({ length: 20 }, (_, i) => `message ${i + 1}`);
    device.send(user.name, ...bodies, large);
    await device.until({ type: "refused" });
    await device.socket.cut();
    const again = await world.connected(user, { device: device.name });
    expectEqual(again.welcome["lastId"], 20, "lastId");
    const ids = (await again.take("message", 20)).map(({ id }) => id);
    expectEqual(
      ids,
      [...bodies.keys()].map((i) => i + 1),
      "the ids of the messages",
    );
  },
);

const durable = serverCase("[S5][L1] accepted names an entry that a page of the log has", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  const before = String(device.welcome["head"]);
  const accepted = await device.deliver(user.name, "durable");
  expectThat(["stored", "queued"].includes(String(accepted["state"])), "the state is stored or queued");
  const { value } = await world.http("GET", `/api/entries?cursor=${before}&epoch=${device.epoch}`, { user });
  const { frames } = value as { frames: Readonly<Record<string, unknown>>[] };
  const entry = frames.find(({ seq }) => seq === accepted["entry"]);
  expectFields(entry, { type: "message", body: "durable", at: accepted["at"], id: 1, device: device.name }, "entry");
});

const limited = serverCase(
  "[U1][S4] beyond the rate a send is refused with retryAfter, and its id is free",
  async (world) => {
    // A user of its own: cases that share one would meet the limit.
    const user = world.target.canMakeUsers ? await world.fresh() : await world.someone();
    const device = await world.open(user);
    const ids = device.send(user.name, ...Array.from({ length: MANY_MESSAGES }, (_, i) => i));
    const answers = [];
    for (const id of ids) answers.push(await device.answer(id));
    const refused = answers.findIndex(({ type }) => type === "refused");
    if (refused < 0) throw new Skipped(`the server takes ${MANY_MESSAGES} messages at once: RATE_LIMIT is off`);
    expectThat(
      answers.slice(refused).every(({ type }) => type === "refused"),
      "no later one is accepted",
    );
    const { code, retryAfter } = answers[refused] ?? {};
    expectEqual(code, "rate_limited", "the first refusal");
    expectThat(Number(retryAfter) > 0, "it says when to try again");
    // The rule: after this time it is accepted.
    await new Promise((done) => setTimeout(done, Number(retryAfter)));
    device.nextId = Number(ids[refused]);
    expectFields(await device.deliver(user.name, "after the wait"), { id: ids[refused] }, "accepted");
  },
);

const toOneself = serverCase("[S8] a message to oneself is one entry, stored at once", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  const accepted = await device.deliver(user.name, "note");
  expectFields(accepted, { state: "stored" }, "accepted");
  const other = await world.connected(user, { query: { cursor: String(device.welcome["head"]), epoch: device.epoch } });
  const messages = (await other.settled()).filter(({ type }) => type === "message");
  expectEqual(messages.length, 1, "the number of messages");
});

export const ids = [consecutive, separately, again, reused, cutBatch, refusedThenCut, durable, toOneself, limited];
