// Names of an external issuer: a token with a deceptive name begins no mailbox.
import { expect, test } from "vitest";
import { closedWith } from "../../support/accounts.ts";
import { fresh, lineOf, upgrade } from "../../support/devices.ts";
import { signed } from "../../support/jwt.ts";
import { Device } from "../../support/line.ts";
import { begunBefore } from "../../support/old-names.ts";

test("[N6] a token with a name that can't begin opens nothing, unless its mailbox has begun before", async () => {
  const name = fresh("m\u0430llory");
  const headers = { Authorization: `Bearer ${await signed(name)}` };
  expect(await closedWith(name, headers)).toBe(4400);
  const { userName } = await begunBefore(name, false);
  const path = `/client/${encodeURIComponent(userName)}?device=phone`;
  expect((await Device.on(lineOf(await upgrade(path, "restante.v1", headers)))).welcome.user).toBe(name);
});
