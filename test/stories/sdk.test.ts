// The SDK against a real server that is killed three times: every message is shown once, in order, and its sender is
// notified.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";

const ROUNDS = 3;
const BURST = 200;

let server: Server;
const clients: Restante[] = [];

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server?.stop();
});

function start(userName: string, device: string): Restante {
  const client = connect({ url: server.url, userName, device, store: memoryStore() });
  clients.push(client);
  return client;
}

test("[S10] bursts arrive once and in order, both ways, although the server is killed three times", async () => {
  const alice = start("alice", "a");
  const bob = start("bob", "b");
  const seen = { alice: [] as unknown[], bob: [] as unknown[] };
  alice.messages.subscribe(({ body }) => seen.alice.push(body));
  bob.messages.subscribe(({ body }) => seen.bob.push(body));
  const sent = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < BURST; i++) {
      sent.push(alice.send("bob", round * BURST + i), bob.send("alice", round * BURST + i));
      // Some messages share a text, some have their own.
      if (i % 7 === 0) await sent.at(-1)?.reached("queued");
      if (i === BURST / 2) {
        await server.kill();
        void server.restart();
      }
    }
  }
  for (const message of sent) await message.reached("delivered");
  const all = Array.from({ length: ROUNDS * BURST }, (_, i) => i);
  expect(seen.alice).toEqual(all);
  expect(seen.bob).toEqual(all);
});

test("[W2] a restarted device is shown exactly what its loop had not taken, after an error, after break and after close()", async () => {
  const alice = start("anna", "a");
  const sent = Array.from({ length: 100 }, (_, i) => alice.send("ben", i));
  await sent.at(-1)?.reached("stored");
  const done: unknown[] = [];
  const take = async (until: number, leave: () => boolean) => {
    const ben = start("ben", "b");
    try {
      for await (const { body } of ben.messages) {
        if (body === until && leave()) break;
        done.push(body);
      }
    } catch (error) {
      expect(error).toEqual(new Error("the work failed"));
    }
    // Nothing is waited for: the last ack leaves with the close.
    await ben.close();
  };
  await take(30, () => {
    throw new Error("the work failed");
  });
  await take(60, () => true);
  const last = start("ben", "b");
  for await (const { body } of last.messages) {
    done.push(body);
    if (body === 99) break;
  }
  expect(done).toEqual(sent.map((_, i) => i));
});
