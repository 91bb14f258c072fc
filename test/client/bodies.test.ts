// Bodies with a type, or with a schema of the application.
import { beforeEach, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type BodySchema, connect, type Message, type Restante } from "../../src/client/connect.ts";
import { accepted, connectedClient, fromBob, link, newClient, playNetwork, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

interface Order {
  readonly id: number;
  readonly note?: string;
}

test("send() takes an interface, a body that was received, and nothing that JSON can't express", async () => {
  const { me, mailbox } = await connectedClient();
  const order: Order = { id: 1 };
  const received: unknown = ["echo"];
  me.send("bob", order);
  me.send("bob", [order]);
  me.send("bob", received);
  me.send("bob", { at: new Date(0), note: undefined as string | undefined });
  // @ts-expect-error -- A function is no JSON.
  me.send("bob", () => 1);
  // @ts-expect-error -- Nor is a field of it.
  me.send("bob", { id: 1, run: () => 1 });
  // @ts-expect-error -- Nor is a BigInt.
  me.send("bob", 1n);
  // @ts-expect-error -- Nor is `undefined`.
  me.send("bob", undefined);
  // @ts-expect-error -- Nor is a map.
  me.send("bob", new Map([[1, 2]]));
  const bodies = (await mailbox.sent()).map(({ body }) => body);
  expect(bodies.slice(0, 4)).toEqual([{ id: 1 }, [{ id: 1 }], ["echo"], { at: "1970-01-01T00:00:00.000Z" }]);
});

test("connect<Body>() gives the type of all bodies", async () => {
  const me = connect<Order>({ url: "http://mailbox.test", userName: "alice" });
  expectTypeOf(me).toEqualTypeOf<Restante<Order>>();
  expectTypeOf(me.messages.with("bob").value).toEqualTypeOf<readonly Message<Order>[]>();
  expectTypeOf(me.conversations.value[0]?.last.body).toEqualTypeOf<Order | undefined>();
  expectTypeOf(me.send("bob", { id: 1 }).body).toEqualTypeOf<Order>();
  // @ts-expect-error -- Another type.
  me.send("bob", "hello");
  // @ts-expect-error -- A field that it has not.
  me.send("bob", { id: 1, price: 2 });
  const plain: Restante = me;
  expectTypeOf(plain.messages.with("bob").value[0]?.body).toEqualTypeOf<unknown>();
  await me.close();
});

const order = z.object({ id: z.number(), note: z.optional(z.string()) });

test("[S4] a body that is not of the schema has failed when send() returns, with the field and a sentence", async () => {
  const { me, mailbox } = await connected(order);
  expectTypeOf(me.send("bob", { id: 1 }).body).toEqualTypeOf<z.input<typeof order>>();
  const wrong = me.send("bob", { id: "seven" } as never);
  expect(wrong.state.value).toMatchObject({ is: "failed", code: "bad_body", message: expect.stringMatching(/^id: /) });
  expect(await mailbox.sent()).toEqual([send(1, { id: 1 })]);
});

test("a message of others that is not of the schema is shown as it is, with what is wrong", async () => {
  const { me, mailbox } = await connected(order);
  const shown: Message[] = [];
  me.messages.subscribe((message) => shown.push(message));
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1, { id: 7, more: true }), fromBob(2, "hello"));
  const sent = me.send("bob", { id: 8 });
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 3));
  await settle();
  expect(sent.state.value.is).toBe("stored");
  for (const list of [shown, thread.value.slice(0, 2)])
    expect(list).toMatchObject([{ body: { id: 7, more: true } }, { body: "hello", invalid: expect.any(String) }]);
  expect(thread.value.map((message) => "invalid" in message)).toEqual([false, true, false]);
  expect(me.conversations.value[0]?.last.body).toEqual({ id: 8 });
});

test("a schema checks an object once, though its conversation changes", async () => {
  const checked: unknown[] = [];
  const { me, mailbox } = await connected<unknown>(
    schemaOf((value) => {
      checked.push(value);
      return {};
    }),
  );
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1, { n: 1 }));
  for (let seq = 2; seq < 10; seq++) {
    await mailbox.deliver(fromBob(seq, { n: seq }));
    expect(thread.value.length).toBe(seq);
  }
  expect(checked.length).toBe(9);
});

test.each<[string, () => unknown, string]>([
  [
    "throws",
    () => {
      throw new Error("mine");
    },
    "The schema failed: mine",
  ],
  ["is asynchronous", () => Promise.reject(new Error("late")), "The schema is asynchronous."],
  ["names a path of objects", () => ({ issues: [{ message: "No.", path: [{ key: "a" }, 0] }] }), "a.0: No."],
  ["gives no issue", () => ({ issues: [] }), "It is not of the schema."],
])("a schema that %s fails the message with a sentence", async (_, validate, message) => {
  const { me } = await connected<unknown>(schemaOf(validate as never));
  expect(me.send("bob", "hi").state.value).toEqual({ is: "failed", code: "bad_body", message });
});

function schemaOf(validate: BodySchema<unknown>["~standard"]["validate"]): BodySchema<unknown> {
  return { "~standard": { validate } };
}

async function connected<Body>(body: BodySchema<Body>) {
  const me = (await newClient({ body })) as Restante<Body>;
  await link().welcome();
  return { me, mailbox: link() };
}
