// Codes that sign in a device: the recovery code, which is replaced when it is used, and link codes, which work once and
// for ten minutes.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { hashOfCode } from "../../../src/identity/token.ts";

test("[A3] the recovery code signs in a device once, and is replaced", async () => {
  const alice = await claimAccount("alice");
  const typed = alice.recoveryCode.toUpperCase().replaceAll("-", " ").replaceAll("0", "O").replaceAll("1", "l");
  const response = await callApi("POST", "/api/sign-in", { userName: alice.userName, code: typed });
  expect(response.status).toBe(200);
  const next = (await response.json()) as { token: string; recoveryCode: string };
  expect(next.recoveryCode).not.toBe(alice.recoveryCode);
  expect((await openWithToken({ ...alice, token: next.token }, "tablet")).welcome.user).toBe(alice.userName);
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code: alice.recoveryCode })).status).toBe(
    401,
  );
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code: next.recoveryCode })).status).toBe(
    200,
  );
});

test("[A3] a new recovery code ends the old one", async () => {
  const alice = await claimAccount("alice");
  const response = await callApi("POST", "/api/recovery-code", undefined, alice.token);
  expect(response.status).toBe(201);
  const { recoveryCode } = (await response.json()) as { recoveryCode: string };
  const signIn = (code: string) => callApi("POST", "/api/sign-in", { userName: alice.userName, code });
  expect((await signIn(alice.recoveryCode)).status).toBe(401);
  expect((await signIn(recoveryCode)).status).toBe(200);
});

test("[A3] after a hundred wrong recovery codes of strangers the right one still works", async () => {
  const alice = await claimAccount("alice");
  const signIn = (code: string) => callApi("POST", "/api/sign-in", { userName: alice.userName, code });
  const wrong = await Promise.all(Array.from({ length: 100 }, (_, i) => signIn(`${i}`.padStart(25, "x"))));
  expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
  expect((await signIn(alice.recoveryCode)).status).toBe(200);
});

test("[A4] a link code signs in a device once", async () => {
  const alice = await claimAccount("alice");
  const made = await callApi("POST", "/api/link-codes", undefined, alice.token);
  expect(made.status).toBe(201);
  const { code, expires } = (await made.json()) as { code: string; expires: number };
  expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){2}$/);
  expect(Math.abs(expires - Date.now() - 600_000)).toBeLessThan(60_000);
  const signIn = () => callApi("POST", "/api/sign-in", { userName: alice.userName, code: code.toUpperCase() });
  const response = await signIn();
  expect(response.status).toBe(200);
  const linked = (await response.json()) as { token: string; recoveryCode?: string };
  expect(linked.recoveryCode).toBeUndefined();
  expect((await openWithToken({ ...alice, token: linked.token }, "tablet")).welcome.user).toBe(alice.userName);
  expect((await signIn()).status).toBe(401);
});

test("[A4] wrong codes of strangers end no link code, also with an eviction in between", async () => {
  const alice = await claimAccount("alice");
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
    code: string;
  };
  const signIn = (one: string) => callApi("POST", "/api/sign-in", { userName: alice.userName, code: one });
  for (let i = 0; i < 20; i++) expect((await signIn(`0000-0000-00${i + 10}`)).status).toBe(401);
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await signIn(code)).status).toBe(200);
});

test("[A4] a link code of eight characters, made by older code, works until it ends", async () => {
  const alice = await claimAccount("alice");
  await runInDurableObject(env.MAILBOX.getByName(alice.userName), async (_, state) => {
    const hash = await hashOfCode(alice.userName, "12345678");
    state.storage.sql.exec("UPDATE account SET link = ?, linkEnds = ?", hash, Date.now() + 60_000);
  });
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code: "1234-5678" })).status).toBe(200);
});

test("[A4] a link code works for ten minutes", async () => {
  const alice = await claimAccount("alice");
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, alice.token)).json()) as {
    code: string;
  };
  await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, state) => {
    state.storage.sql.exec("UPDATE account SET linkEnds = linkEnds - 600000");
  });
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code })).status).toBe(401);
});
