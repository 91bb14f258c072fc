// [Q*] and [S11]: first contact, blocks, and refusals that affect one receiver.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields, expectThat } from "../expect.ts";
import { randomText } from "../target.ts";
import { Skipped } from "../../recording.ts";

const requests = serverCase(
  "[Q1][Q2][Q3] a stranger has three messages until the request is accepted",
  async (world) => {
    const [one, other] = [await world.fresh("stranger"), await world.fresh("host")];
    const [stranger, host] = [await world.connected(one), await world.connected(other)];
    const first = await stranger.deliver(other.name, "hello 1");
    const frame = await host.next();
    if (frame["type"] !== "peer") throw new Skipped("REQUESTS is off");
    expectFields(frame, { peer: one.name, standing: "request" }, "peer");
    expectFields(await host.next(), { type: "message", request: true, origin: first["entry"] }, "the message");
    await stranger.deliver(other.name, "hello 2");
    await stranger.deliver(other.name, "hello 3");
    const { entry } = await stranger.deliver(other.name, "hello 4");
    expectFields(await stranger.until({ type: "failed" }), { of: entry, code: "declined" }, "the fourth message");
    host.ack(Number.MAX_SAFE_INTEGER);
    const before = [...(await host.settled()), ...(await stranger.settled())];
    expectThat(!before.some(({ delivered }) => delivered !== undefined), "no receipt goes to a stranger [Q4]");
    expectEqual((await world.http("PUT", `/api/contacts/${one.name}`, { user: other })).status, 204, "accepting");
    await host.until({ type: "peer", standing: "contact" });
    while ((await stranger.until({ type: "mark" }))["delivered"] === undefined);
    await stranger.deliver(other.name, "hello 5");
    expectFields(await host.until({ type: "message" }), { body: "hello 5", request: undefined }, "the next message");
  },
);

const blocks = serverCase(
  "[Q5][S11] a message to somebody blocked is refused and affects this receiver",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    const to = `blocked-${randomText()}`;
    expectEqual((await world.http("PUT", `/api/blocks/${to}`, { user })).status, 204, "blocking");
    const [id] = device.send(to, "no");
    device.nextId--;
    expectFields(await device.until({ type: "refused" }), { id, code: "declined", affects: "receiver" }, "refused");
    expectFields(await device.deliver(user.name, "to others"), { id }, "a message to somebody else");
    expectEqual((await world.http("DELETE", `/api/blocks/${to}`, { user })).status, 204, "unblocking");
  },
);

const newPeople = serverCase(
  "[U2][S11] too many new people are refused, and messages to others go on",
  async (world) => {
    if (world.target.auth !== "accounts")
      throw new Skipped("would begin sixty mailboxes: it is played where names have to be claimed");
    const user = await world.someone();
    const device = await world.open(user);
    for (let n = 0; n < 200; n++) {
      const [id] = device.send(`nobody-${randomText()}`, n);
      const answer = await device.answer(id);
      if (answer["type"] === "accepted") continue;
      device.nextId--;
      if (answer["affects"] === undefined && Number(answer["retryAfter"]) < 5_000) {
        // The limit of all messages, which ends at this time.
        await new Promise((done) => setTimeout(done, Number(answer["retryAfter"])));
        continue;
      }
      expectFields(answer, { code: "rate_limited", affects: "receiver" }, "refused");
      expectThat(Number(answer["retryAfter"]) > 0, "it says when to try again");
      return void (await device.deliver(user.name, "to somebody known"));
    }
    throw new Skipped("the server accepts 200 new people: RATE_LIMIT is off");
  },
);

export const people = [requests, blocks, newPeople];
