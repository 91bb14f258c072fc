// What a moment of a server's CPU went into, by the stack of calls that `perf` saw.

/** The kinds, in the order of a table: as a message goes. */
export const KINDS = {
  sockets: "the runtime's sockets and events",
  arrival: "our code, where a text arrives",
  ours: "our code elsewhere: groups, calls, answers",
  statements: "statements",
  fsync: "fsync",
  commit: "the rest of the commit",
  calls: "calls between objects, values that go along",
  garbage: "garbage collection, compiling",
  rest: "promises, timers, reading, everything else",
} as const;

export type Kind = keyof typeof KINDS;

/** A stack is of the first kind that it has a name of; names as V8, workerd and SQLite have them. */
const SIGNS: readonly (readonly [Kind, RegExp])[] = [
  ["fsync", /fsync|fdatasync/],
  ["garbage", /CollectGarbage|Scavenge|MarkCompact|JobTaskWrapper|Heap::|Compil|Baseline/],
  ["commit", /vdbeCommit|startImplicitTxn|sqlite3WalCheckpoint|walFrames|commitImpl/],
  ["statements", /sqlite3|SqlStorage|SqliteDatabase/],
  ["calls", /Serializer|Deserializer|^(?!.*JS:).*(?:JsRpc|capnp)/],
  ["arrival", /JS:[*+~^']*webSocketMessage /],
  ["ours", /JS:/],
  ["sockets", /WebSocket|Hibernat/],
];

/** The innermost call comes first. */
export function kindOf(stack: readonly string[]): Kind {
  const joined = stack.join(" ;");
  return SIGNS.find(([, sign]) => sign.test(joined))?.[0] ?? "rest";
}

/** The innermost function of JavaScript, as `name file:line:column`; null without one. */
export function functionOf(stack: readonly string[]): string | null {
  const found = stack.find((call) => call.startsWith("JS:"));
  return found === undefined ? null : found.replace(/^JS:[*+~^']*/, "");
}
