// One of several Socket.IO servers: `node socketio.ts URL`, one room a user, with the Redis adapter; `node socketio.ts URL recovery`: with
// connection state recovery, which of its Redis adapters only the one on streams can do.
// That adapter keeps 10,000 entries by default, and a server that falls behind by more loses messages (seen, with 8 pairs and 512 in
// flight); so it keeps more here.
import { createServer } from "node:http";
import process from "node:process";
import { createAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import type { Up } from "./chat.ts";

const [url = "", recovery] = process.argv.slice(2);
const redis = await createClient({ url }).connect();

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  ...(recovery === "recovery"
    ? {
        adapter: createStreamsAdapter(redis, { maxLen: 1_000_000 }),
        connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
      }
    : { adapter: createAdapter(redis, await redis.duplicate().connect()) }),
});

io.on("connection", (socket) => {
  const name = String((socket.handshake.auth as { name?: unknown }).name);
  void socket.join(name);
  socket.on("message", ({ receiver, msg }: Up) => {
    if (typeof receiver !== "string" || typeof msg !== "string") return;
    io.to(receiver).emit("message", { sender: name, receiver, msg, createTime: new Date().toISOString() });
  });
});

http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (http.address() as { port: number }).port })));
process.on("SIGTERM", () => process.exit(0));
