// The SDK against a real server that limits how many new people a user writes to: messages to one more wait, and all
// others are sent.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;
const clients: Restante[] = [];

beforeAll(async () => {
  server = await startServer({ AUTH: "open", NEW_CORRESPONDENTS_PER_HOUR: "2" });
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server?.stop();
});

test("[U2][S11][T7] a third new person waits, also over a restart, and messages to the others are stored in order", async () => {
  const store = memoryStore();
  const start = () => {
    const client = connect({ url: server.url, userName: "alice", device: "a", store });
    clients.push(client);
    return client;
  };
  const bob = connect({ url: server.url, userName: "bob", device: "b", store: memoryStore() });
  clients.push(bob);
  const seen: unknown[] = [];
  bob.messages.subscribe(({ body }) => seen.push(body));
  const first = start();
  const sent = ["bob", "carol", "dora", "bob", "dora", "carol", "bob"].map((to, i) => first.send(to, i));
  for (const message of sent) if (message.to !== "dora") await message.reached("stored");
  const states = () => sent.filter(({ to }) => to === "dora").map(({ state }) => state.value.is);
  expect(states()).toEqual(["sending", "sending"]);
  await first.close();
  const second = start();
  await second.send("bob", "after it").reached("delivered");
  expect(seen).toEqual([0, 3, 6, "after it"]);
  const kept = await store.open("", { device: "a", epoch: null, cursor: null, base: null, listed: true });
  expect(kept.drafts).toMatchObject([
    { peer: "dora", body: 2, id: null, failed: null, until: expect.any(Number) as number },
    { peer: "dora", body: 4, id: null, failed: null },
  ]);
});
