// Names of an external issuer: a token with a deceptive name begins no mailbox.
import { expect, test } from "vitest";
import { closeCodeOf } from "../../support/accounts.ts";
import { fresh, socketOf, upgrade } from "../../support/devices.ts";
import { signToken } from "../../support/jwt.ts";
import { Device } from "../../support/client-socket.ts";
import { createOldMailbox } from "../../support/old-mailboxes.ts";

test("[N6] a token with a name that can't begin opens nothing, unless its mailbox has begun before", async () => {
  const name = fresh("m\u0430llory");
  const headers = { Authorization: `Bearer ${await signToken(name)}` };
  expect(await closeCodeOf(name, headers)).toBe(4400);
  const { userName } = await createOldMailbox(name, false);
  const path = `/client/${encodeURIComponent(userName)}?device=phone`;
  expect((await Device.open(socketOf(await upgrade(path, "restante.v1", headers)))).welcome.user).toBe(name);
});
