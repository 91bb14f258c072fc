// One of several servers in front of one Redis Stream a user: `node streams.ts URL`. A sender is confirmed when XADD has returned, which
// with `appendfsync always` is when the message is on disk. One connection waits in XREAD for the streams of all users who are here. What a device acknowledged is kept as the user's cursor, from which the next connection goes on;
// the last cursor is written a moment late, since losing it costs no more than a repetition.
import process from "node:process";
import { createClient } from "redis";
import { messageOf, serveChat } from "./chat.ts";

const COUNT = 1_000;
/** A socket that has so many bytes waiting is read for no further. */
const WAITING = 1 << 20;
/** Ms by which a cursor is written late. */
const LATE = 100;

const url = process.argv[2] ?? "";
const redis = await createClient({ url }).connect();
const reader = await redis.duplicate().connect();
/** A stream of this server's own: an entry in it ends the wait, so that who has just come is read for too. */
const wakes = { key: `wakes:${await reader.clientId()}`, id: "0-0" };
/** Where each user who is here is read on. */
const positions = new Map<string, string>();
const acked = new Map<string, string>();

const chat = serveChat({
  sent(sender, up) {
    if (up.ack !== undefined) acked.set(sender, up.ack);
    else if (up.receiver !== undefined) void store(sender, up.receiver, up.id, messageOf(sender, up));
  },
  opened: (name) => void open(name),
  closed(name) {
    positions.delete(name);
    void keepCursors();
  },
});

async function store(sender: string, receiver: string, id: number | undefined, text: string): Promise<void> {
  await redis.xAdd(`inbox:${receiver}`, "*", { text });
  chat.deliver(sender, `{"stored":${id}}`);
}

async function open(name: string): Promise<void> {
  const cursor = acked.get(name) ?? (await redis.get(`cursor:${name}`)) ?? "0-0";
  if (!chat.users.has(name)) return;
  positions.set(name, cursor);
  await redis.xAdd(wakes.key, "*", { name }, { TRIM: { strategy: "MAXLEN", threshold: 1 } });
}

async function keepCursors(): Promise<void> {
  const cursors = [...acked];
  acked.clear();
  await Promise.all(cursors.map(([name, cursor]) => redis.set(`cursor:${name}`, cursor)));
}

setInterval(() => void keepCursors(), LATE);

for (;;) {
  const ready = [...positions].filter(([name]) => (chat.users.get(name)?.bufferedAmount ?? WAITING) < WAITING);
  const streams = ready.map(([name, id]) => ({ key: `inbox:${name}`, id }));
  // While somebody is slow, they are looked at again soon.
  const BLOCK = ready.length === positions.size ? 0 : 5;
  const replies = (await reader.xRead([wakes, ...streams], { COUNT, BLOCK })) as Reply[] | null;
  const asked = new Map(ready);
  for (const { name: key, messages } of replies ?? []) {
    const name = key.slice("inbox:".length);
    if (key === wakes.key) wakes.id = messages.at(-1)?.id ?? wakes.id;
    // Who has come back meanwhile is read for from the cursor.
    else if (positions.get(name) === asked.get(name)) hand(name, messages);
  }
}

function hand(name: string, messages: Reply["messages"]): void {
  for (const { id, message } of messages) {
    chat.deliver(name, `{"id":"${id}",${message.text?.slice(1)}`);
    positions.set(name, id);
  }
}

interface Reply {
  readonly name: string;
  readonly messages: readonly { readonly id: string; readonly message: { readonly text?: string } }[];
}
