// The devices of an account: they are listed, and one that was signed out is disconnected and gets in no more.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { claimAccount, closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";

test("[A5] devices are listed, the calling one among them", async () => {
  const alice = await claimAccount("alice");
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
    code: string;
  };
  await callApi("POST", "/api/sign-in", { userName: alice.userName, code, label: "Tablet" });
  await openWithToken(alice);
  const list = (await (await callApi("GET", "/api/devices", undefined, alice.token)).json()) as Record<
    string,
    unknown
  >[];
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
    const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
    const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
      code: string;
    };
    const lost = (await (
      await callApi("POST", "/api/sign-in", { userName: alice.userName, code })
    ).json()) as typeof alice;
    const phone = await openWithToken(alice, "phone");
    const tablet = await openWithToken(lost, "tablet");
    await bring(alice.userName);
    const mailbox = env.MAILBOX.getByName(alice.userName);
    const half = await runInDurableObject(mailbox, (_, state) =>
      state.getWebSockets().find((ws) => (ws.deserializeAttachment() as { device: string }).device === "tablet"),
    );
    expect((await callApi("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(204);
    expect(await tablet.until("closing")).toMatchObject({ code: 4403, reason: "signed_out" });
    // Half open: its socket still sends a frame, which is not accepted.
    await runInDurableObject(mailbox, (instance) => {
      const frame = { type: "send", id: 1, to: bob.userName, body: "from a thief" };
      if (half !== undefined) void instance.webSocketMessage(half, JSON.stringify(frame));
    });
    const sender = await openWithToken(bob);
    sender.send({ type: "send", id: 1, to: alice.userName, body: "for alice" });
    expect(await phone.until("message")).toMatchObject({ body: "for alice" });
    expect(await sender.settled()).not.toContainEqual(expect.objectContaining({ body: "from a thief" }));
    expect(tablet.socket.unreadTexts).toBe(0);
    expect(await closeCodeOf(alice.userName, { Authorization: `Bearer ${lost.token}` })).toBe(4401);
    expect((await callApi("DELETE", `/api/devices/${lost.device}`, undefined, alice.token)).status).toBe(404);
  },
);

test("[A5] signing out ends the calling device and its cookie", async () => {
  const alice = await claimAccount("alice");
  const phone = await openWithToken(alice);
  const response = await callApi("POST", "/api/sign-out", undefined, alice.token);
  expect(response.status).toBe(204);
  expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-restante=;.*Max-Age=0/);
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4403 });
  expect((await callApi("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});

test("[A5] the sixty-fifth device signs out the one not seen for longest", async () => {
  const alice = await claimAccount("alice");
  let recoveryCode = alice.recoveryCode;
  for (let i = 0; i < 64; i++) {
    const response = await callApi("POST", "/api/sign-in", { userName: alice.userName, code: recoveryCode });
    ({ recoveryCode } = (await response.json()) as { recoveryCode: string });
  }
  expect((await callApi("GET", "/api/devices", undefined, alice.token)).status).toBe(401);
});
