// Names in open mode: the first event creates a mailbox, and only under a name that looks like no other.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { callApi } from "../support/accounts.ts";
import { fresh, socketOf, open, upgrade, world } from "../support/devices.ts";
import { createOldMailbox } from "../support/old-mailboxes.ts";
import { statusAndCode } from "../support/operators.ts";

const closed = async (name: string) =>
  (await socketOf(await upgrade(`/client/${encodeURIComponent(name)}?device=a`, "restante.v1")).untilClosed()).code;

const tables = (name: string) =>
  runInDurableObject(
    env.MAILBOX.getByName(name),
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'").toArray().length,
  );

test.each(["m\u0430llory", "mallory\u034f", "adm\u0131n"])(
  "[N6] no connection, request or message creates a mailbox under %j",
  async (name) => {
    expect(await closed(name)).toBe(4400);
    const at = (path: string) => `${path}?user=${encodeURIComponent(name)}`;
    for (const [method, path, body] of [
      ["GET", "/api/conversations", undefined],
      ["PUT", "/api/settings", { receipts: false }],
      ["PUT", "/api/blocks/bob", undefined],
      ["POST", "/api/messages", { to: "bob", body: 1 }],
      ["DELETE", "/api/account", undefined],
    ] as const) {
      const [status, code] = await statusAndCode(callApi(method, at(path), body));
      expect([path, status, code]).toEqual([path, 400, expect.stringMatching(/^(bad|reserved)_name$/)]);
    }
    const { alice } = await world();
    alice.send({ type: "send", id: 1, to: name, body: "hi" });
    expect(await alice.take("failed", 1)).toMatchObject([{ code: "unknown_receiver" }]);
    expect(await tables(name)).toBe(0);
  },
);

test("[N6] a mailbox that exists under such a name keeps working", async () => {
  const { userName } = await createOldMailbox(fresh("m\u0430llory\u034f"), false);
  const device = await open(userName);
  expect(device.welcome.user).toBe(userName);
  const { a, alice } = await world();
  alice.send({ type: "send", id: 1, to: userName, body: "hi" });
  expect(await alice.take("accepted", 1)).toMatchObject([{ state: "stored" }]);
  device.send({ type: "send", id: 1, to: a, body: "hi" });
  expect(await alice.take("message", 1)).toMatchObject([{ from: userName }]);
});
