// Notices: every device learns of each change of who gets in, and of wrong attempts.
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { ageAccount, claimAccount, linkDevice, openWithToken, callApi, addPasskey } from "../../support/accounts.ts";
import { base64url } from "../../support/authenticator.ts";
import type { Device } from "../../support/client-socket.ts";

/** The notices that a device received since the last call: their codes, and the label that they are about. */
async function noticesOf(device: Device): Promise<string[]> {
  const frames = await device.settled();
  return frames
    .filter(({ type }) => type === "notice")
    .map(({ code, about }) => [code, about].filter((word) => word !== undefined).join(" "));
}

test("[A13] every device is notified of each device, code and passkey that is added or removed, with its label", async () => {
  const alice = await claimAccount("alice");
  const phone = await openWithToken(alice);
  const tablet = await linkDevice(alice, "My tablet");
  expect(await noticesOf(phone)).toEqual([expect.stringMatching(/^new_link_code /), "new_device My tablet"]);
  const second = await openWithToken(tablet, "tablet");
  await second.settled();
  const { recoveryCode } = await (
    await callApi("POST", "/api/recovery-code", undefined, alice.token)
  ).json<typeof alice>();
  const { key, enter } = await addPasskey(alice, "Ring");
  await (
    await enter(key, 2)
  )();
  await callApi("DELETE", `/api/passkeys/${base64url(key.id)}`, undefined, alice.token);
  await callApi("POST", "/api/sign-in", { userName: alice.userName, code: recoveryCode, label: "Old laptop" });
  const expected = [
    expect.stringMatching(/^new_recovery_code /),
    "new_passkey Ring",
    expect.stringMatching(/^new_device /),
    "passkey_removed Ring",
    "new_recovery_code Old laptop",
    "new_device Old laptop",
  ];
  expect(await noticesOf(phone)).toEqual(expected);
  expect(await noticesOf(second)).toEqual(expected);
  await callApi("POST", "/api/sign-out", undefined, tablet.token);
  expect(await noticesOf(phone)).toEqual(["device_signed_out My tablet"]);
});

test("[A13] a notice has a sentence and the time, and is an entry of the log", async () => {
  const alice = await claimAccount("alice");
  await linkDevice(alice, "My tablet");
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  const phone = await openWithToken(alice);
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

test("[A13] wrong codes are notified once an hour, also over an eviction", async () => {
  const alice = await claimAccount("alice");
  const phone = await openWithToken(alice);
  const guess = (code: string) => callApi("POST", "/api/sign-in", { userName: alice.userName, code });
  for (let i = 0; i < 3; i++) await guess("1".repeat(25));
  await guess("1234-1234-1234");
  await evictDurableObject(env.MAILBOX.getByName(alice.userName), { webSockets: "hibernate" });
  await guess("2".repeat(25));
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
  await ageAccount(alice);
  await guess("3".repeat(25));
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
});

test("[A13] a wrong passkey is notified like a wrong code", async () => {
  const [alice, mallory] = [await claimAccount("alice"), await claimAccount("mallory")];
  const phone = await openWithToken(alice);
  const { key } = await addPasskey(mallory);
  const { enter } = await addPasskey(alice);
  await phone.settled();
  expect((await (await enter(key, 2))()).status).toBe(401);
  expect(await noticesOf(phone)).toEqual(["sign_in_attempts"]);
});

test("sign-ins and refusals are log events, without codes and labels", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const alice = await claimAccount("alice");
  const tablet = await linkDevice(alice, "a label of hers");
  for (let i = 0; i < 5; i++) await callApi("POST", "/api/sign-in", { userName: alice.userName, code: "1".repeat(25) });
  await callApi("POST", "/api/proof", { code: "1".repeat(25) }, alice.token);
  await callApi("DELETE", `/api/devices/${tablet.device}`, undefined, alice.token);
  await callApi("DELETE", "/api/account", undefined, alice.token);
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
