// What a user is told of their own account: each change of who comes in, and that somebody tries. Every device hears of it.
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { age, claimed, linked, openAs, say, withPasskey } from "../../support/accounts.ts";
import { base64url } from "../../support/authenticator.ts";
import type { Device } from "../../support/line.ts";

/** The notices that have come to a device since the last time: their codes, with what they are about. */
async function noticesOf(device: Device): Promise<string[]> {
  const frames = await device.settled();
  return frames
    .filter(({ type }) => type === "notice")
    .map(({ code, about }) => [code, about].filter((word) => word !== undefined).join(" "));
}

test("[A13] each new device, code and passkey, and each that goes, is told to every device, with its label", async () => {
  const alice = await claimed("alice");
  const phone = await openAs(alice);
  const tablet = await linked(alice, "My tablet");
  expect(await noticesOf(phone)).toEqual([expect.stringMatching(/^new_link_code /), "new_device My tablet"]);
  const second = await openAs(tablet, "tablet");
  await second.settled();
  const { recoveryCode } = await (await say("POST", "/api/recovery-code", undefined, alice.token)).json<typeof alice>();
  const { key, enter } = await withPasskey(alice, "Ring");
  await (
    await enter(key, 2)
  )();
  await say("DELETE", `/api/passkeys/${base64url(key.id)}`, undefined, alice.token);
  await say("POST", "/api/sign-in", { userName: alice.userName, code: recoveryCode, label: "Old laptop" });
  const told = [
    expect.stringMatching(/^new_recovery_code /),
    "new_passkey Ring",
    expect.stringMatching(/^new_device /),
    "passkey_removed Ring",
    "new_recovery_code Old laptop",
    "new_device Old laptop",
  ];
  expect(await noticesOf(phone)).toEqual(told);
  expect(await noticesOf(second)).toEqual(told);
  await say("POST", "/api/sign-out", undefined, tablet.token);
  expect(await noticesOf(phone)).toEqual(["device_signed_out My tablet"]);
});

test("[A13] a notice has a sentence, the time, and comes again with the log", async () => {
  const alice = await claimed("alice");
  await linked(alice, "My tablet");
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  const phone = await openAs(alice);
  const [, device] = await phone.take("notice", 2);
  expect(device).toEqual({
    type: "notice",
    seq: expect.any(Number),
    code: "new_device",
    message: expect.stringMatching(/\.$/),
    about: "My tablet",
    at: expect.any(Number),
  });
});

test("[A13] that somebody tries with wrong codes is told once an hour, and an eviction makes it no oftener", async () => {
  const alice = await claimed("alice");
  const phone = await openAs(alice);
  const guess = (code: string) => say("POST", "/api/sign-in", { userName: alice.userName, code });
  for (let i = 0; i < 3; i++) await guess("1".repeat(25));
  await guess("1234-1234-1234");
  await evictDurableObject(env.MAILBOX.getByName(alice.userName), { webSockets: "hibernate" });
  await guess("2".repeat(25));
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
  await age(alice);
  await guess("3".repeat(25));
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
});

test("[A13] a wrong passkey is told as a wrong code is", async () => {
  const [alice, mallory] = [await claimed("alice"), await claimed("mallory")];
  const phone = await openAs(alice);
  const { key } = await withPasskey(mallory);
  const { enter } = await withPasskey(alice);
  await phone.settled();
  expect((await (await enter(key, 2))()).status).toBe(401);
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
});

test("who comes in and who is refused stands in the log, with no code and no label", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const alice = await claimed("alice");
  const tablet = await linked(alice, "a label of hers");
  for (let i = 0; i < 5; i++) await say("POST", "/api/sign-in", { userName: alice.userName, code: "1".repeat(25) });
  await say("POST", "/api/proof", { code: "1".repeat(25) }, alice.token);
  await say("DELETE", `/api/devices/${tablet.device}`, undefined, alice.token);
  await say("DELETE", "/api/account", undefined, alice.token);
  log.mockRestore();
  const events = lines.map((line) => JSON.parse(line) as { event: string; user?: string });
  const hers = events.filter(({ user }) => user === alice.userName).map(({ event }) => event);
  expect(hers.filter((event) => event !== "disconnect")).toEqual([
    "account_claimed",
    "code_renewed",
    "signed_in",
    "sign_in_refused",
    "device_removed",
    "account_erased",
  ]);
  expect(lines.join()).not.toContain("a label of hers");
  expect(lines.join()).not.toContain("1".repeat(25));
});
