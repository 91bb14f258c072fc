// Calls between objects can't be made from outside: no path leads to them, and no frame can name another author.
import { env, exports } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test } from "vitest";
import { HOST } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";

const visit = encodeURIComponent(
  JSON.stringify({ name: "alice", proof: { is: "none" }, dialect: "restante.v1", answer: null }),
);

test.each([
  "/deliver",
  "/mailbox/deliver",
  "/api/deliver",
  "/api/claim",
  `/open?visit=${visit}`,
  `/client/alice/open?visit=${visit}`,
  "/client/alice/deliver",
  "/api/conversations/alice",
  "/api/account/alice",
  "/report",
])("[O5] %s is an unknown path, and wakes no object", async (path) => {
  const before = (await listDurableObjectIds(env.MAILBOX)).length;
  for (const method of ["GET", "POST"]) {
    const init = { method, headers: { Upgrade: "websocket" }, ...(method === "POST" && { body: "{}" }) };
    const response = await exports.default.fetch(new Request(`${HOST}${path}`, init));
    expect(response.status).toBe(404);
  }
  expect((await listDurableObjectIds(env.MAILBOX)).length).toBe(before);
});

test("[O5] a connection request in the URL of an upgrade is ignored", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const other = encodeURIComponent(
    JSON.stringify({ name: bob, proof: { is: "none" }, dialect: "restante.v1", answer: null }),
  );
  expect((await open(alice, "phone", `&visit=${other}&name=${bob}`)).welcome.user).toBe(alice);
});

test("[O5] the author of a message is the user of its socket, also if the frame names another", async () => {
  const [a, b, c] = [fresh("alice"), fresh("bob"), fresh("carol")];
  const [alice, bob] = [await open(a), await open(b)];
  const claims = { from: c, sender: c, user: c, epoch: "x", origin: 1, seq: 1, at: 0, device: "other", request: false };
  alice.send({ type: "send", id: 1, to: b, body: "it is carol", ...claims });
  expect(await bob.until("message")).toMatchObject({ from: a, body: "it is carol" });
  alice.send({ type: "message", to: b, from: c, body: "forged" }, { type: "mark", peer: b, read: 1 });
  expect((await alice.take("error", 2)).map(({ code }) => code)).toEqual(["bad_frame", "bad_frame"]);
  expect(await bob.settled()).toEqual([]);
});
