// Acks wait for the iterations of the application.
import { beforeEach, expect, test } from "vitest";
import { advance, connectedClient, fromBob, link, PAUSE, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[W2] an iteration gives each message once, and its unfinished message is not acknowledged, nor by a new connection", async () => {
  const { me, mailbox } = await connectedClient();
  const given: unknown[] = [];
  let go: () => void = () => undefined;
  void (async () => {
    for await (const { body } of me.messages) {
      given.push(body);
      await new Promise<void>((done) => (go = done));
    }
  })();
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  const acks = async () => (await mailbox.sent()).map(({ seq }) => seq);
  expect([given, await acks()]).toEqual([["message 1"], []]);
  go();
  await advance(200);
  expect([given.length, await acks()]).toEqual([2, [1]]);
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("1");
  await link().welcome();
  await link().deliver(fromBob(2), fromBob(3));
  go();
  await settle();
  go();
  await advance(200);
  expect(given).toEqual(["message 1", "message 2", "message 3"]);
  expect((await link().sent()).at(-1)).toEqual({ type: "ack", seq: 3 });
});
