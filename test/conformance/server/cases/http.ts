// [H*]: the routes of a user's own mailbox that need no operator.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import { randomText } from "../target.ts";
import { Skipped } from "../../recording.ts";

type Fields = Readonly<Record<string, unknown>>;

const messages = serverCase("[H5][H2][H1] messages are sent and read over HTTP", async (world) => {
  const user = await world.someone();
  const marker = randomText();
  const one = await world.http("POST", "/api/messages", { user, body: { to: user.name, body: marker } });
  expectFields(one.value, { type: "accepted", state: "stored" }, "one message");
  const several = await world.http("POST", "/api/messages", {
    user,
    body: [
      { to: user.name, body: { several: 1 } },
      { to: "no name!", body: 2 },
      { to: user.name, body: 3 },
    ],
  });
  const answers = several.value as Fields[];
  expectEqual(
    answers.map(({ type, code }) => code ?? type),
    ["accepted", "bad_name", "accepted"],
    "the answers, each by itself",
  );
  const page = await world.http("GET", `/api/conversations/${user.name}/messages?limit=3`, { user });
  const bodies = (page.value as { messages: Fields[] }).messages.map(({ body }) => body);
  expectEqual(bodies, [marker, { several: 1 }, 3], "the newest messages, the oldest first");
  const { value } = await world.http("GET", "/api/conversations?limit=1", { user });
  const [conversation] = (value as { conversations: Fields[] }).conversations;
  expectFields(conversation, { peer: user.name, seq: answers[2]?.["entry"] }, "the latest conversation");
});

const problems = serverCase("[H9] a refusal is a problem with a code and a field", async (world) => {
  const user = await world.someone();
  const { status, headers, value } = await world.http("POST", "/api/messages", { user, body: { to: "a b", body: 1 } });
  expectEqual(status, 400, "the status");
  expectThat((headers.get("content-type") ?? "").startsWith("application/problem+json"), "the type is problem+json");
  expectFields(value, { code: "bad_name", type: "urn:restante:bad_name", status: 400 }, "the problem");
  const { title, detail, message } = value as Fields;
  expectThat(typeof title === "string" && typeof detail === "string", "title and detail are texts");
  expectEqual(message, detail, "message is the same as detail");
  for (const body of ["{", "7", '{"to":"bob"}']) {
    const answer = await world.http("POST", "/api/messages", { user, body });
    expectFields(answer.value, { code: "bad_frame" }, `the answer to ${body}`);
  }
});

const idempotent = serverCase("[H6] a request with a key is sent once", async (world) => {
  const user = await world.someone();
  const headers = { "Idempotency-Key": `key-${randomText()}` };
  const send = (body: unknown) => world.http("POST", "/api/messages", { user, headers, body: { to: user.name, body } });
  const first = await send("once");
  const again = await send("once");
  expectEqual((again.value as Fields)["entry"], (first.value as Fields)["entry"], "the entry");
  const other = await send("another");
  expectEqual(other.status, 409, "the status with another body");
  expectFields(other.value, { code: "id_reused" }, "the problem");
});

const entries = serverCase("[H7][H10] the log is read page by page, and acknowledged for a device", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  for (const body of ["a", "b", "c"]) await device.deliver(user.name, body);
  const from = `cursor=${String(device.welcome["head"])}&epoch=${device.epoch}`;
  const page = (await world.http("GET", `/api/entries?${from}&limit=2`, { user })).value as Fields;
  expectFields(page, { epoch: device.epoch, more: true }, "the first page");
  expectEqual(
    (page["frames"] as Fields[]).map(({ body }) => body),
    ["a", "b"],
    "its messages",
  );
  const next = `cursor=${String(page["cursor"])}&epoch=${device.epoch}`;
  const last = (await world.http("GET", `/api/entries?${next}`, { user })).value as Fields;
  expectEqual((last["frames"] as Fields[])[0]?.["body"], "c", "the message on the second page");
  const name = `h-${randomText()}`;
  await world.http("GET", `/api/entries?${from}&device=${name}`, { user });
  const seq = Number((page["frames"] as Fields[])[0]?.["seq"]);
  expectEqual((await world.http("POST", "/api/acks", { user, body: { device: name, seq } })).status, 204, "the ack");
  const rest = (await world.http("GET", `/api/entries?device=${name}`, { user })).value as Fields;
  expectEqual((rest["frames"] as Fields[])[0]?.["body"], "b", "the first message after the ack");
});

const stream = serverCase("[H8] new entries come as server-sent events, after welcome", async (world) => {
  const user = await world.someone();
  const events = await world.events(user);
  const { data, id } = await events.next();
  expectFields(data, { type: "welcome", user: user.name }, "the first event");
  expectEqual(id, undefined, "its id");
  const device = await world.open(user);
  const { entry } = await device.deliver(user.name, "streamed");
  let event = await events.next();
  while (event.data["seq"] !== entry) event = await events.next();
  expectFields(event, { id: `${device.epoch}:${String(entry)}` }, "the event");
  expectFields(event.data, { type: "message", body: "streamed" }, "its data");
});

const settings = serverCase("[H3] settings are read and changed", async (world) => {
  const user = await world.someone();
  expectFields((await world.http("GET", "/api/settings", { user })).value, { receipts: true, presence: true }, "first");
  const changed = await world.http("PUT", "/api/settings", { user, body: { receipts: false } });
  expectFields(changed.value, { receipts: false, presence: true }, "after a change");
  await world.http("PUT", "/api/settings", { user, body: { receipts: true } });
});

const online = serverCase("[H4] the count of users and sockets online is public", async (world) => {
  const { status, value } = await world.http("GET", "/api/online");
  expectEqual(status, 200, "the status");
  const { users, sockets } = value as Fields;
  expectThat(Number.isSafeInteger(users) && Number.isSafeInteger(sockets), "both are numbers");
});

const description = serverCase("[H11] the server describes its routes as OpenAPI 3.1", async (world) => {
  const { value } = await world.http("GET", "/api/openapi.json");
  const { openapi, paths } = value as { openapi?: unknown; paths?: object };
  expectThat(String(openapi).startsWith("3.1"), "the version is 3.1");
  for (const path of ["/api/messages", "/api/entries", "/api/conversations"])
    expectThat(paths !== undefined && path in paths, `${path} is described`);
});

const erasure = serverCase("[A12] an erased mailbox opens no more, and its name is nobody's", async (world) => {
  const user = await world.shared("flow");
  const device = await world.connected(user);
  const { status } = await world.http("DELETE", "/api/account", { user });
  if (status === 403) throw new Skipped("erasing needs a fresh proof here");
  expectEqual(status, 204, "the status");
  world.target.forget(user);
  expectFields(await device.until({ type: "closing" }), { code: 4403, reason: "erased" }, "closing");
});

export const http = [messages, problems, idempotent, entries, stream, settings, online, description, erasure];
