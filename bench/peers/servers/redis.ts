// One of several servers behind one Redis Pub/Sub channel: `node redis.ts URL`. Every server hears every message and filters; the
// receiver's name stands in front, so that whoever does not have the receiver reads no further. The client sends what is published
// in the same moment as one pipeline.
import process from "node:process";
import { createClient } from "redis";
import { messageOf, serveChat } from "./chat.ts";

const CHANNEL = "chat";

const url = process.argv[2] ?? "";
const redis = await createClient({ url }).connect();
const hears = await redis.duplicate().connect();

const chat = serveChat({
  sent: (sender, up) => void redis.publish(CHANNEL, `${up.receiver} ${messageOf(sender, up)}`),
});

await hears.subscribe(CHANNEL, (message) => {
  const space = message.indexOf(" ");
  chat.deliver(message.slice(0, space), message.slice(space + 1));
});
