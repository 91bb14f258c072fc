// The devices of an account: they are listed, and one that was signed out is disconnected and gets in no more.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { claimed, closedWith, openAs, say } from "../../support/accounts.ts";

test("[A5] devices are listed, the calling one among them", async () => {
  const alice = await claimed("alice");
  const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
  await say("POST", "/api/sign-in", { userName: alice.userName, code, label: "Tablet" });
  await openAs(alice);
  const list = (await (await say("GET", "/api/devices", undefined, alice.token)).json()) as Record<string, unknown>[];
  expect(list).toHaveLength(2);
  expect(list.find(({ current }) => current)).toMatchObject({ id: alice.device, online: true });
  expect(list.find(({ current }) => !current)).toMatchObject({ label: "Tablet", online: false });
});

const states = [
  ["awake", () => Promise.resolve()],
  ["hibernating", (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" })],
] as const;

test.each(states)(
  "[A5] a device that was signed out while its mailbox is %s is closed with 4403, and gets in no more",
  async (_, bring) => {
    const [alice, bob] = [await claimed("alice"), await claimed("bob")];
    const { code } = (await (await say("POST", "/api/link-codes", undefined, alice.token)).json()) as { code: string };
    const lost = (await (await say("POST", "/api/sign-in", { userName: alice.userName, code })).json()) as typeof alice;
    const phone = await openAs(alice, "phone");
    const tablet = await openAs(lost, "tablet");
    await bring(alice.userName);
    const mailbox = env.MAILBOX.getByName(alice.userName);
    const half = await runInDurableObject(mailbox, (_, state) =>
      state.getWebSockets().find((ws) => (ws.deserializeAttachment() as { device: string }).device === "tablet"),
    );
    expect((await say("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(204);
    expect(await tablet.until("closing")).toMatchObject({ code: 4403 });
    // Half open: its socket still sends a frame, which is not accepted.
    await runInDurableObject(mailbox, (instance) => {
      const frame = { type: "send", id: 1, to: bob.userName, body: "from a thief" };
      if (half !== undefined) void instance.webSocketMessage(half, JSON.stringify(frame));
    });
    const sender = await openAs(bob);
    sender.send({ type: "send", id: 1, to: alice.userName, body: "for alice" });
    expect(await phone.until("message")).toMatchObject({ body: "for alice" });
    expect(await sender.settled()).not.toContainEqual(expect.objectContaining({ body: "from a thief" }));
    expect(tablet.line.unread).toBe(0);
    expect(await closedWith(alice.userName, { Authorization: `Bearer ${lost.token}` })).toBe(4401);
    expect((await say("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(404);
  },
);

test("[A5] signing out ends the calling device and its cookie", async () => {
  const alice = await claimed("alice");
  const phone = await openAs(alice);
  const response = await say("POST", "/api/sign-out", undefined, alice.token);
  expect(response.status).toBe(204);
  expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-restante=;.*Max-Age=0/);
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4403 });
  expect((await say("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});

test("[A5] the sixty-fifth device signs out the one not seen for longest", async () => {
  const alice = await claimed("alice");
  let recoveryCode = alice.recoveryCode;
  for (let i = 0; i < 64; i++) {
    const response = await say("POST", "/api/sign-in", { userName: alice.userName, code: recoveryCode });
    ({ recoveryCode } = (await response.json()) as { recoveryCode: string });
  }
  expect((await say("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});
