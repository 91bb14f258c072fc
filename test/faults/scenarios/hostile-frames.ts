// Frames from a grammar, in both dialects: valid ones, ones with a missing field or one of another type, and texts that
// are not JSON. Every reply is one of the table, and exposes no internal detail.
import fc from "fast-check";
import WebSocket from "ws";
import { readDown } from "../../../src/protocol/down.ts";
import { REFUSALS } from "../../../src/protocol/refusals.ts";
import { formatCount, type Fault } from "../fault.ts";
import { Server } from "../server.ts";

/** Details that no reply may contain: a stack, a path, a query, the name of a component. */
const INTERNAL_DETAILS =
  /\n\s+at |\.[jt]s:\d+|node_modules|\/src\/|SQLITE|SELECT |TypeError|ReferenceError|RangeError|ZodError|durable/i;
/** Frames of one connection. */
const FRAMES_PER_RUN = 400;
const TYPES = [
  "send",
  "ack",
  "read",
  "typing",
  "watch",
  "token",
  "welcome",
  "accepted",
  "message",
  "closing",
  "",
  "__proto__",
];
const USERS = ["ann", "ben", "ANN", "system", "nobody here", "", "x".repeat(200), "\u0000", "constructor"];

const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.maxSafeInteger(), fc.double(), fc.constant(2 ** 53));
const name = fc.oneof(fc.constantFrom(...USERS), fc.string({ unit: "binary", maxLength: 70 }));
const anyJson = fc.anything({ withNullPrototype: true, maxDepth: 4 }).filter(isJson);
const field = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 3, arbitrary: name },
  { weight: 1, arbitrary: anyJson },
);

const frame = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("send"), id: fc.integer({ min: 1, max: 300 }), to: name, body: anyJson }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("send"),
      id: number,
      to: name,
      bodies: fc.oneof(fc.array(anyJson, { maxLength: 5 }), anyJson),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("ack", "read"), seq: number, peer: name }, { requiredKeys: ["type"] }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("watch"), peers: fc.array(name, { maxLength: 80 }) }) },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: fc.constantFrom(...TYPES),
        id: field,
        to: field,
        body: field,
        bodies: field,
        count: field,
        seq: field,
        peer: field,
        peers: field,
        token: field,
      },
      { requiredKeys: ["type"] },
    ),
  },
  { weight: 1, arbitrary: anyJson },
);
const plainFrame = fc.record(
  { receiver: field, msg: field, sender: field, createTime: field, code: field },
  { requiredKeys: [] },
);

/** A text with frames of the grammar, or a malformed one. */
const text = (one: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: one.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.array(one, { maxLength: 8 }).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: one.map((value) => JSON.stringify(value).slice(1)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
    { weight: 1, arbitrary: fc.constantFrom("[".repeat(3_000), '{"a":'.repeat(500), "null", "ping", " ", "[]") },
  );

const DIALECTS = {
  "restante.v1": { query: "?device=fuzz&runs=1", texts: text(frame) },
  "restante.plain": { query: "", texts: text(plainFrame) },
} as const;
type Dialect = keyof typeof DIALECTS;

export const hostileFrames: Fault = {
  name: "Hostile frames",
  procedure:
    "a grammar-based fuzz of 100,000 texts in both dialects (fast-check), each attempt on a connection of its own",
  expectation: "no crash, no stack, every answer from the table",
  async play(scale) {
    const tries = scale === "whole" ? 125 : 4;
    const server = await Server.start();
    try {
      const { pid } = server;
      const wrong: string[] = [];
      const totals = { texts: 0, answers: 0, codes: new Set<string>() };
      for (const dialect of Object.keys(DIALECTS) as Dialect[]) {
        const texts = fc.array(DIALECTS[dialect].texts, { minLength: FRAMES_PER_RUN, maxLength: FRAMES_PER_RUN });
        const holds = fc.asyncProperty(texts, async (sent) => {
          const answers = await exchange(server, dialect, sent);
          totals.texts += sent.length;
          totals.answers += answers.length;
          for (const answer of answers) checkAnswer(answer, dialect, totals.codes);
        });
        const result = await fc.check(holds, { numRuns: tries, seed: 20_261_125, endOnFailure: true });
        if (result.failed)
          wrong.push(
            `${dialect}: ${String(result.errorInstance)}, after ${JSON.stringify(result.counterexample).slice(0, 300)}`,
          );
      }
      if (server.pid !== pid) wrong.push("the server ended");
      if (/"event":"broken"/.test(server.output)) wrong.push("a mailbox could not finish a transaction");
      return {
        wrong,
        observed: `${formatCount(totals.texts)} texts, ${formatCount(totals.answers)} answers, all known; codes: ${[...totals.codes].toSorted().join(", ")}`,
      };
    } finally {
      await server.stop();
    }
  },
};

/** Sends these texts, and returns all replies until the reply to a last ping, or until the end of the connection. */
function exchange(server: Server, dialect: Dialect, texts: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/client/fuzz${DIALECTS[dialect].query}`, dialect);
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("no answer within 20 s")), 20_000);
    const end = () => {
      clearTimeout(timer);
      ws.terminate();
      done(answers);
    };
    ws.on("open", () => {
      for (const one of texts) ws.send(one);
      // Replies of a group commit come later than a pong; the reply to an unknown frame marks their end.
      ws.send(dialect === "restante.v1" ? `{"type":"the end"}` : `{"receiver":"the end!","msg":""}`);
      ws.send("ping");
    });
    ws.on("message", (data) => {
      const answer = String(data);
      if (answer !== "pong") answers.push(answer);
      else if (answers.length > 0 || texts.length === 0) setImmediate(end);
    });
    ws.on("close", end).on("error", fail);
  });
}

/** Throws if the reply is not one of the protocol. */
function checkAnswer(answer: string, dialect: Dialect, codes: Set<string>): void {
  const value = JSON.parse(answer) as Record<string, unknown> | Record<string, unknown>[];
  for (const one of [value].flat()) {
    const code = codeOf(one, dialect);
    if (code !== undefined && !Object.hasOwn(REFUSALS, code)) throw new Error(`${code} is not in the table`);
    if (code !== undefined) codes.add(code);
    // A user's message may contain anything; the server's own frames may not.
    const own = dialect === "restante.v1" ? one["type"] !== "message" : one["sender"] === "system";
    if (own && INTERNAL_DETAILS.test(JSON.stringify({ ...one, peer: "", to: "" })))
      throw new Error(`it exposes ${answer.slice(0, 300)}`);
  }
}

function codeOf(one: Record<string, unknown>, dialect: Dialect): string | undefined {
  if (dialect === "restante.v1" && readDown(one) === null)
    throw new Error(`unknown frame ${JSON.stringify(one).slice(0, 300)}`);
  if (dialect === "restante.plain" && typeof one["sender"] !== "string")
    throw new Error(`no sender in ${JSON.stringify(one)}`);
  return typeof one["code"] === "string" ? one["code"] : undefined;
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
