// Presence of peers that a socket named while one of the two was a stranger, or blocked.
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { callApi, claimAccount, openWithToken } from "../../support/accounts.ts";

const hibernate = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" });

/** Two people, of whom alice has a request at bob; each watches the other one. */
async function request() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  alice.send({ type: "watch", peers: [b.userName] });
  bob.send({ type: "watch", peers: [a.userName] });
  alice.send({ type: "send", id: 1, to: b.userName, body: "hello" });
  await alice.until("accepted");
  await bob.until("message");
  const nothing = [...(await alice.settled()), ...(await bob.settled())];
  expect(nothing.map(({ type }) => type)).not.toContain("presence");
  const people = (method: string, what: string) => callApi(method, `/api/${what}/${a.userName}`, undefined, b.token);
  return { a, b, alice, bob, people };
}

type World = Awaited<ReturnType<typeof request>>;

test.each<[string, (world: World) => unknown]>([
  ["PUT /api/contacts", ({ people }) => people("PUT", "contacts")],
  ["an answer", ({ a, bob }) => bob.send({ type: "send", id: 1, to: a.userName, body: "who is it?" })],
])("[G8] after %s both are sent the presence of the other, hibernation included", async (_, accept) => {
  const world = await request();
  const { a, b, alice, bob } = world;
  for (const { userName } of [a, b]) await hibernate(userName);
  await accept(world);
  expect(await alice.until("presence")).toMatchObject({ user: b.userName, online: true });
  expect(await bob.until("presence")).toMatchObject({ user: a.userName, online: true });
});

test("[G8] an unblock shows contacts each other's presence again, and strangers nothing", async () => {
  const { a, b, alice, bob, people } = await request();
  await people("PUT", "blocks");
  await people("DELETE", "blocks");
  const nothing = [...(await alice.settled()), ...(await bob.settled())];
  expect(nothing.map(({ type }) => type)).not.toContain("presence");
  await people("PUT", "contacts");
  await Promise.all([alice.until("presence"), bob.until("presence")]);
  await people("PUT", "blocks");
  expect(await alice.until("presence")).toMatchObject({ user: b.userName, online: false });
  await hibernate(b.userName);
  await people("DELETE", "blocks");
  expect(await alice.until("presence")).toMatchObject({ user: b.userName, online: true });
  expect(await bob.until("presence")).toMatchObject({ user: a.userName, online: true });
});
