// How a connection ends: what the close code decides, the reason that an application reads, and a client that may be its
// own rival.
import { beforeEach, expect, test } from "vitest";
import {
  advance,
  connectedClient,
  type Frame,
  link,
  links,
  newClient,
  PAUSE,
  playNetwork,
  settle,
} from "./scripted.ts";

beforeEach(playNetwork);

/** Ms in which a test looks for attempts that must not come. */
const LONG_MS = 3_600_000;

const closing = (code: number, more: Frame = {}): Frame => ({ type: "closing", code, message: "The reason.", ...more });

test("[C1][T13] a closing frame ends the connection at once, and later events of the old socket are ignored", async () => {
  const { me, mailbox } = await connectedClient();
  const states: string[] = [];
  me.connection.subscribe(({ is }) => states.push(is));
  await mailbox.deliver(closing(1012, { retryAfter: 5_000 }));
  expect(mailbox.readyState).toBe(3);
  await advance(5_499);
  expect(states).toEqual(["open", "waiting"]);
  await mailbox.cut(4409);
  await advance(1);
  expect(me.connection.value.is).toBe("connecting");
});

test.each([
  [1009, "stopped"],
  [4400, "stopped"],
  [4401, "stopped"],
  [4403, "stopped"],
  [4406, "stopped"],
  [4409, "stopped"],
  [4429, "waiting"],
  [1011, "waiting"],
  [1012, "waiting"],
  [1006, "waiting"],
  [4999, "waiting"],
])("[C2][T13] after close code %i the connection is %s, and retry() connects again", async (code, is) => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(closing(code));
  expect(me.connection.value).toMatchObject({ is, code, message: "The reason." });
  if (is === "stopped") await advance(LONG_MS);
  expect(links.length).toBe(1);
  me.retry();
  await settle();
  expect(links.length).toBe(2);
});

test.each([
  [4449, "waiting"],
  [4450, "stopped"],
  [4479, "stopped"],
  [4480, "waiting"],
  [4499, "waiting"],
  [4500, "waiting"],
])("[C3][T13] after the close code %i of a later version the connection is %s", async (code, is) => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(closing(code, { reason: "of_later", retryAfter: 90_000 }));
  expect(me.connection.value).toMatchObject({ is, code, reason: "of_later", message: "The reason." });
  await advance(90_000);
  expect(links.length).toBe(1);
  await advance(PAUSE);
  expect(links.length).toBe(is === "stopped" ? 1 : 2);
});

test("[C3][T13] a pause that is longer than a timer can wait does not end at once", async () => {
  const { mailbox } = await connectedClient();
  await mailbox.deliver(closing(4429, { retryAfter: 2 ** 40 }));
  await advance(LONG_MS);
  expect(links.length).toBe(1);
});

test.each([
  ["the word of closing", 4409, { reason: "crowded_out" }, "crowded_out"],
  ["the word of the code, from a server that says none", 4409, {}, "replaced"],
  ["a word of a later version", 4403, { reason: "of_later" }, "of_later"],
  ["no word, where the code has none", 4455, {}, undefined],
])("[C1] the reason of a stopped connection is %s", async (_, code, more, reason) => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(closing(code, more));
  expect(me.connection.value).toEqual({ is: "stopped", code, reason, message: "The reason." });
});

test("[C1] a connection that waits has the code, the word and the sentence of the server", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(closing(1011, { reason: "unable_to_store", retryAfter: 5_000 }));
  const why = { code: 1011, reason: "unable_to_store", message: "The reason." };
  expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + 5_000 + PAUSE, ...why });
});

test.each([
  [4409, "replaced", "replaced", "The server closed the connection: replaced."],
  [4409, "crowded_out", "crowded_out", "The server closed the connection: crowded_out."],
  [4409, "A newer one took over.", "replaced", "A newer one took over."],
  [4400, "bad_name", "bad_name", "The server closed the connection: bad_name."],
  [4403, "", "forbidden", "The server closed the connection: forbidden."],
  [4455, "", undefined, "The server closed the connection: 4455."],
  [4455, "of_later", "of_later", "The server closed the connection: of_later."],
])(
  "[C1] a close frame alone, %i with the reason %j, gives a word and a sentence",
  async (code, text, reason, message) => {
    const { me, mailbox } = await connectedClient();
    await mailbox.cut(code, text);
    expect(me.connection.value).toEqual({ is: "stopped", code, reason, message });
  },
);

test.each([
  [1011, "", { code: 1011, reason: "internal", message: "The server closed the connection: internal." }],
  [1001, "", { code: 1001, message: "The server closed the connection: 1001." }],
  [1006, "", {}],
])("[C1] a connection that waits after the close code %i has the reason that is known", async (code, text, why) => {
  const { me, mailbox } = await connectedClient();
  await mailbox.cut(code, text);
  expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + PAUSE, ...why });
});

test("[R6] each attempt of a client has its random name and the next number, and another client has another name", async () => {
  const me = await newClient();
  await link().cut();
  await advance(PAUSE);
  await link().welcome();
  await link().deliver(closing(4409, { reason: "replaced" }));
  me.retry();
  await settle();
  const [instance] = link().attempt;
  expect(instance).toMatch(/^[A-Za-z0-9]{8,16}$/);
  expect(links.map(({ attempt }) => attempt)).toEqual([1, 2, 3].map((number) => [instance, number]));
  await newClient();
  expect(link().attempt[1]).toBe(1);
  expect(link().attempt[0]).not.toBe(instance);
});

test("[R6] attempts are counted also where the token comes late, and an attempt that is given up keeps its number", async () => {
  const tokens: PromiseWithResolvers<string>[] = [];
  const token = () => {
    tokens.push(Promise.withResolvers());
    return tokens.at(-1)!.promise;
  };
  await newClient({ token });
  await advance(30_000 + PAUSE);
  expect(tokens.length).toBe(2);
  for (const { resolve } of tokens) resolve("secret");
  await settle();
  expect(links.map(({ attempt }) => attempt[1])).toEqual([2]);
});

/** A client whose second attempt succeeds, after the first one was given up. */
async function afterAbandoned(giveUp: () => Promise<unknown>) {
  const me = await newClient();
  await giveUp();
  await advance(PAUSE);
  await link().welcome();
  expect([links.length, me.connection.value.is]).toEqual([2, "open"]);
  return me;
}

test.each([
  ["has no welcome in time", () => advance(8_000)],
  ["breaks before its welcome", () => link().cut()],
])(
  "[T20] after an attempt that %s, an older server's 4409 within 10 s is followed by one attempt after 30 s",
  async (_, giveUp) => {
    const me = await afterAbandoned(giveUp);
    await advance(9_999);
    await link().deliver(closing(4409));
    expect(me.connection.value).toMatchObject({ is: "waiting", code: 4409, reason: "replaced" });
    await advance(29_999);
    expect(links.length).toBe(2);
    await advance(1 + PAUSE);
    expect(links.length).toBe(3);
    // A real rival is back at once.
    await link().welcome();
    await link().deliver(closing(4409));
    await advance(LONG_MS);
    expect([links.length, me.connection.value.is]).toEqual([3, "stopped"]);
  },
);

test.each<[string, () => Promise<unknown>, Frame, number]>([
  ["later than 10 s", () => afterAbandoned(() => link().cut()), {}, 10_000],
  [
    "with a word, as of a server that knows the order of attempts",
    () => afterAbandoned(() => link().cut()),
    { reason: "replaced" },
    0,
  ],
  ["after an attempt that the server answered", () => afterAbandoned(() => link().deliver(closing(1012))), {}, 0],
  ["on the first connection", () => connectedClient(), {}, 0],
])("[T20] 4409 %s stops the client for good", async (_, begin, more, afterMs) => {
  await begin();
  const before = links.length;
  await advance(afterMs);
  await link().deliver(closing(4409, more));
  await advance(LONG_MS);
  expect(links.length).toBe(before);
});

test("[T20] 4409 after a connection that was open and broke stops the client: the server knew it", async () => {
  const { mailbox } = await connectedClient();
  await mailbox.cut();
  await advance(PAUSE);
  await link().welcome();
  await link().deliver(closing(4409));
  await advance(LONG_MS);
  expect(links.length).toBe(2);
});

test("[T12] check() does not end a pause that the server asked for, and the user's retry() does", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(closing(1012, { retryAfter: 5_000 }));
  await advance(4_999);
  me.check();
  await settle();
  expect(links.length).toBe(1);
  await advance(1);
  me.check();
  await settle();
  expect(links.length).toBe(2);
  await link().welcome();
  await link().deliver(closing(1012, { retryAfter: 5_000 }));
  me.retry();
  await settle();
  expect(links.length).toBe(3);
});

test("[T20] check() does not end the 30 s after an older server's 4409", async () => {
  const me = await afterAbandoned(() => link().cut());
  await link().deliver(closing(4409));
  await advance(29_999);
  me.check();
  await settle();
  expect(links.length).toBe(2);
});

test.each([
  ["another subprotocol", "restante.v2"],
  ["none", ""],
])("[T1] a server that answers with %s is of no version that this client speaks", async (_, protocol) => {
  const me = await newClient();
  await link().open(protocol);
  await advance(LONG_MS);
  expect(links.length).toBe(1);
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 4406, reason: "no_version" });
});

test("[T1] a server that answers with this version, and not with the token that was offered beside it, is connected", async () => {
  const me = await newClient({ token: "secret" });
  expect(link().protocols).toEqual(["restante.v1", "bearer.secret"]);
  await link().open("restante.v1");
  await link().welcome();
  expect(me.connection.value.is).toBe("open");
});
