// Claimed names: nobody gets a second `mallory`, and users with an older name keep it.
import { expect, test } from "vitest";
import { claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";
import { createOldMailbox } from "../../support/old-mailboxes.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";

const claim = (userName: string) => statusAndCode(callApi("POST", "/api/accounts", { userName }));

test("[N4] nobody claims a name that looks like mallory's", async () => {
  const mallory = (await claimAccount("mallory")).userName;
  const added = ["\u034f", "\ufe0f", "\ufe00", "\u180b", "\u{e0100}", "\u115f", "\u3164", "\u17b4"];
  const alike = added.map((character) => `${mallory}${character}`);
  alike.push(mallory.replace("a", "\u0430"), mallory.replace("o", "\u03bf"), `${mallory}${"\u0301\u0302".repeat(22)}`);
  for (const name of alike) expect([name, ...(await claim(name))]).toEqual([name, 400, "bad_name"]);
});

test.each(["admin\u034f", "system\u034f", "restante\u034f", "\u0430dmin", "\u0455ystem", "adm\u0131n", "adrnin"])(
  "[N5] nobody claims %j, nor makes a service of it",
  async (userName) => {
    const [status, code] = await claim(userName);
    expect([status, code]).toEqual([400, expect.stringMatching(/^(bad|reserved)_name$/)]);
    const made = callApi("POST", "/api/admin/services", { userName, scopes: ["send"] }, ADMIN);
    expect(await statusAndCode(made)).toEqual([400, code]);
    const listed = await (await callApi("GET", "/api/admin/services", undefined, ADMIN)).text();
    expect(listed).not.toContain(JSON.stringify(userName));
  },
);

test("[N4] a refusal states the problem of the name", async () => {
  const answer = await callApi("POST", "/api/accounts", { userName: "m\u0430llory" });
  expect(await answer.json()).toMatchObject({
    message: "This name can't be taken: its letters are of several scripts.",
  });
});

test("[N6] a user with a name of the old rule still connects, sends and receives", async () => {
  const old = await createOldMailbox(fresh("m\u0430llory\u034f"), true);
  const alice = await claimAccount("alice");
  const [device, hers] = [await openWithToken(old), await openWithToken(alice)];
  device.send({ type: "send", id: 1, to: alice.userName, body: "still here" });
  expect(await hers.take("message", 1)).toMatchObject([{ from: old.userName, body: "still here" }]);
  hers.send({ type: "send", id: 1, to: old.userName, body: "so you are" });
  expect(await hers.take("accepted", 1)).toMatchObject([{ state: "stored" }]);
  expect((await device.take("message", 2)).at(-1)).toMatchObject({ from: alice.userName, body: "so you are" });
  expect(await claim(old.userName)).toEqual([409, "name_taken"]);
  expect((await callApi("GET", "/api/account", undefined, old.token)).status).toBe(200);
});

test("a device's label is stored without control and direction characters", async () => {
  const label = "my\u001b[2J \u202ephone\u2066";
  const claim = await callApi("POST", "/api/accounts", { userName: fresh("labelled"), label });
  const { token } = await claim.json<{ token: string }>();
  const devices = await (await callApi("GET", "/api/devices", undefined, token)).json();
  expect(devices).toMatchObject([{ label: "my [2J phone" }]);
  const nothing = callApi("POST", "/api/accounts", { userName: fresh("labelled"), label: "\u202e" });
  expect(await statusAndCode(nothing)).toEqual([400, "bad_frame"]);
});
