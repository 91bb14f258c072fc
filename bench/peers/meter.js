// What the platform would bill, counted around the deployed bundle: rows, calls of objects, and texts on sockets. It changes nothing of
// what the bundle does.
// oxlint-disable-next-line import/default -- made from the bundle, when the benchmark runs
import app, { Census as PlainCensus, Mailbox as PlainMailbox } from "./restante.js";

const none = () => ({ rowsWritten: 0, rowsRead: 0, calls: 0, textsIn: 0, textsOut: 0 });
let counts = none();
/** Objects that have run statements: their names, with the cursors that are not counted yet. */
const pending = new Map();
const patched = new WeakSet();

/** A cursor knows how many rows it read and wrote when it is done; and only its own object may look at it. */
function settle(name) {
  for (const { rowsWritten, rowsRead } of pending.get(name) ?? []) {
    counts.rowsWritten += rowsWritten;
    counts.rowsRead += rowsRead;
  }
  pending.set(name, []);
}

function watch({ storage, id }) {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  sql.exec = (...args) => {
    const cursor = exec(...args);
    if (!pending.has(id.name)) pending.set(id.name, []);
    pending.get(id.name).push(cursor);
    return cursor;
  };
  const shape = Object.getPrototypeOf(storage);
  if (patched.has(shape)) return;
  patched.add(shape);
  const { setAlarm } = shape;
  shape.setAlarm = function (...args) {
    counts.rowsWritten++;
    return setAlarm.apply(this, args);
  };
}

const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (...args) {
  counts.textsOut++;
  return send.apply(this, args);
};

/** What the platform calls on an object is a text, a close, or a request. */
function metered(Plain) {
  for (const name of Object.getOwnPropertyNames(Plain.prototype)) {
    const plain = Plain.prototype[name];
    if (name === "constructor" || typeof plain !== "function" || /^webSocket(Close|Error)$/.test(name)) continue;
    const field = name === "webSocketMessage" ? "textsIn" : "calls";
    Plain.prototype[name] = function (...args) {
      counts[field]++;
      return plain.apply(this, args);
    };
  }
  return class extends Plain {
    constructor(ctx, env) {
      watch(ctx);
      super(ctx, env);
    }

    settleMeter(name) {
      settle(name);
    }
  };
}

export class Mailbox extends metered(PlainMailbox) {}
export class Census extends metered(PlainCensus) {}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/counts") return app.fetch(request, env, ctx);
    // The census writes when somebody comes or goes, not with a message.
    for (const name of pending.keys()) if (name.startsWith("t")) await env.MAILBOX.getByName(name).settleMeter(name);
    const body = counts;
    counts = none();
    return Response.json(body);
  },
};
