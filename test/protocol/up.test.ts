// Parsing texts from devices: every text is parsed or refused with a code of the table, and bodies stay unchanged.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";
import { readPlain as readPlainValue, writePlain } from "../../src/protocol/plain.ts";
import { REFUSALS } from "../../src/protocol/refusals.ts";
import { MAX_TOKEN_UNITS, MAX_WATCHED_PEERS } from "../../src/protocol/limits.ts";
import { readFrames, readMessage, upFrame, upRun } from "../../src/protocol/up.ts";
import { chooseDialect } from "../../src/protocol/version.ts";

const readText = (text: string) => readFrames(parseJson(text));
const readPlain = (text: string) => readPlainValue(parseJson(text));

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.jsonValue().map((v) => JSON.stringify({ type: "send", ...Object(v) })),
);

test("[F5] any text is parsed or refused with a code of the table", () => {
  fc.assert(
    fc.property(anything, (text) => {
      for (const frame of readText(text)) {
        if ("refusal" in frame) expect(Object.keys(REFUSALS)).toContain(frame.refusal.code);
      }
      const plain = readPlain(text);
      if (plain.type === "refused") expect(Object.keys(REFUSALS)).toContain(plain.refusal.code);
    }),
    { numRuns: 3_000 },
  );
});

test("[S9] a body is stored as its JSON text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const text = JSON.stringify({ type: "send", id: 1, to: "Bob", body });
      expect(readText(text)).toEqual([{ type: "send", id: 1, to: "bob", body: JSON.stringify(body) }]);
    }),
  );
});

test.each(["1e400", "-1e999", `1${"0".repeat(309)}`, '[null,{"a":[1e400]}]', '{"null":1e400,"b":null}'])(
  "[S9] a number beyond a double's range is refused, not stored as null: %s",
  (body) => {
    const why = { code: "bad_frame", message: "This frame can't be read: a number in body is out of range." };
    expect(readText(`{"type":"send","id":1,"to":"bob","body":${body}}`)).toEqual([
      { type: "refused", id: 1, refusal: why },
    ]);
    const run = readText(`{"type":"send","id":2,"to":"bob","bodies":["good",${body}]}`);
    expect(run).toMatchObject([
      { type: "send", id: 1 },
      { type: "refused", id: 2, refusal: why },
    ]);
    expect(readPlain(`{"receiver":"bob","msg":${body}}`)).toMatchObject({ type: "refused", refusal: why });
    expect(readPlain(`{"receiver":"bob","msg":"x","more":${body}}`)).toMatchObject({ type: "refused", refusal: why });
    expect(readMessage("bob", JSON.parse(body))).toEqual({ refused: why });
  },
);

test.each([
  ["null", "null"],
  ['[null,"1e400",{"null":null}]', '[null,"1e400",{"null":null}]'],
  ["1.7976931348623157e308", "1.7976931348623157e+308"],
  ["-0", "0"],
  ["1e-400", "0"],
  ["9007199254740993", "9007199254740992"],
  ["1E2", "100"],
])("[S9] the body %s is stored as %s", (body, kept) => {
  expect(readText(`{"type":"send","id":1,"to":"bob","body":${body}}`)).toMatchObject([{ body: kept }]);
});

test("[F5] the parser accepts exactly the frames that the schema accepts", () => {
  const wrong = fc.oneof(fc.jsonValue(), fc.double(), fc.constant(undefined));
  const field = (good: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: wrong });
  const id = field(fc.oneof(fc.maxSafeNat(), fc.maxSafeInteger()));
  const name = field(fc.constantFrom("bob", "carol"));
  // The schema does not say which body goes with which relation.
  const relation = fc.record({ to: id, is: field(fc.constantFrom("reply", "edit")) }, { requiredKeys: [] });
  const near = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
    fc.record({ type: field(fc.constant(type)), ...fields });
  const frames = fc.oneof(
    near("send", { id, to: name, body: field(fc.jsonValue()), re: field(fc.constant(undefined)) }),
    near("send", { id, to: name, body: field(fc.jsonValue()), re: field(relation) }),
    near("ack", { seq: id }),
    near("read", { peer: name, seq: id }),
    near("typing", { to: name }),
    near("watch", { peers: field(fc.array(name, { maxLength: MAX_WATCHED_PEERS + 2, size: "max" })) }),
    near("token", { token: field(fc.oneof(fc.string(), fc.constant("x".repeat(MAX_TOKEN_UNITS + 1)))) }),
  );
  const taken = new Map<string, number>();
  fc.assert(
    fc.property(frames, (fields) => {
      const value = JSON.parse(JSON.stringify(fields)) as object;
      const [read] = readText(JSON.stringify([value]));
      const known = upFrame.safeParse(value);
      // The schema does not check the form of names.
      const isRead = read !== undefined && (!("refusal" in read) || read.refusal.code !== "bad_frame");
      expect(isRead).toBe(known.success);
      if (known.success) taken.set(known.data.type, (taken.get(known.data.type) ?? 0) + 1);
    }),
    { numRuns: 4_000 },
  );
  expect(taken.size).toBe(6);
  expect(Math.min(...taken.values())).toBeGreaterThan(30);
});

test("[U7] of several watch frames in one text, only the last is parsed", () => {
  const watch = (...peers: string[]) => ({ type: "watch", peers });
  const text = JSON.stringify([watch("!"), { type: "typing", to: "BOB" }, watch("Carol"), watch("Dave")]);
  expect(readText(text)).toEqual([
    { type: "typing", to: "bob" },
    { type: "watch", peers: ["dave"] },
  ]);
});

test("[F8] a run is parsed as the sends that it stands for", () => {
  const body = fc.oneof(
    { weight: 8, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constant("x".repeat(70_000)) },
  );
  const to = fc.oneof(fc.constantFrom("bob", "Bob", "no such name!", "system"), fc.string());
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 9 }), to, fc.nat(), (bodies, receiver, before) => {
      const sends = bodies.map((one, i) => ({ type: "send", id: before + 1 + i, to: receiver, body: one }));
      const run = { type: "send", id: before + bodies.length, to: receiver, bodies };
      expect(readText(JSON.stringify(run))).toEqual(readText(JSON.stringify(sends)));
    }),
  );
});

test("[F8] the schema accepts every run that the parser accepts", () => {
  const field = (good: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: fc.oneof(fc.jsonValue(), fc.double()) });
  const near = fc.record({
    id: field(fc.integer({ min: -2, max: 9 })),
    to: field(fc.constant("bob")),
    bodies: field(fc.array(fc.nat(9))),
  });
  let runs = 0;
  fc.assert(
    fc.property(near, (fields) => {
      const value = JSON.parse(JSON.stringify({ type: "send", ...fields })) as { bodies?: unknown };
      const read = readText(JSON.stringify(value));
      if (!Array.isArray(value.bodies) || read.some(({ type }) => type !== "send")) return;
      runs++;
      expect(upRun.safeParse(value)).toMatchObject({ success: true });
      expect(read.length).toBe(value.bodies.length);
    }),
    { numRuns: 2_000 },
  );
  expect(runs).toBeGreaterThan(100);
});

test("[F8] a run has no relation", () => {
  const run = { type: "send", id: 2, to: "bob", bodies: ["a", "b"], re: { to: 7, is: "reply" } };
  const refusal = { code: "bad_frame", message: "This frame can't be read: re is for one message." };
  expect(readText(JSON.stringify(run))).toEqual([{ type: "refused", id: 2, refusal }]);
});

test("[S9] NUL and lone surrogates are preserved", () => {
  const [frame] = readText('{"type":"send","id":1,"to":"bob","body":"a\\u0000b\\ud800"}');
  expect(frame).toMatchObject({ body: '"a\\u0000b\\ud800"' });
});

test("a refusal names the wrong field, and quotes nothing of the text", () => {
  const [frame] = readText('{"type":"send","id":1,"to":"bob","secret":"hunter2"}');
  expect(frame).toEqual({
    type: "refused",
    id: 1,
    refusal: { code: "bad_frame", message: "This frame can't be read: body is missing or not of its form." },
  });
});

test("[P2] in plain frames, a body can't override the server's fields", () => {
  const field = fc.constantFrom("sender", "receiver", "createTime", "code", "msg", "__proto__", "x");
  fc.assert(
    fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => {
      const body = JSON.stringify(fields);
      const down = JSON.parse(writePlain({ from: "ann", to: "bob", at: 0, body })) as Record<string, unknown>;
      expect(down).toMatchObject({ sender: "ann", receiver: "bob", createTime: "1970-01-01 00:00:00" });
      expect(Object.keys(down)).toContain("msg");
      expect(Object.keys(down)).not.toContain("code");
      if (Object.hasOwn(fields, "x")) expect(JSON.stringify(down["x"])).toBe(JSON.stringify(fields["x"]));
    }),
  );
});

test.each([
  [null, { dialect: "restante.plain", answer: null }],
  ["", { dialect: "restante.plain", answer: null }],
  ["restante.v1", { dialect: "restante.v1", answer: "restante.v1" }],
  [" bearer.x ,restante.plain", { dialect: "restante.plain", answer: "restante.plain" }],
  ["restante.v2", { unknown: "restante.v2" }],
  ["chat", { unknown: null }],
])("[D2][V3] the offered subprotocols %j result in %j", (header, offer) => {
  expect(chooseDialect(header)).toEqual(offer);
});
