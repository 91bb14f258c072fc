// [N*] and [A6]: which texts are names, as the receivers of messages, which costs no connection.
import { serverCase } from "../case.ts";
import { expectEqual, expectFields } from "../expect.ts";
import { randomText } from "../target.ts";
import { Skipped } from "../../recording.ts";

const BAD_NAMES = [
  "",
  " ",
  "a b",
  "a/b",
  "a@b",
  "-a",
  "_a",
  ".a",
  "\u0301a",
  "😀",
  "a\u0000",
  "a\u200Bb",
  "\ud800",
  "x".repeat(65),
  "𝐚".repeat(65),
  "👍a",
];

const RESERVED = [
  "system",
  "restante",
  "admin",
  "administrator",
  "moderator",
  "root",
  "security",
  "support",
  "everyone",
  "nobody",
  "null",
  "undefined",
  "SYSTEM",
  "ｒｏｏｔ",
];

const forms = serverCase("[N1] a receiver that is no name is refused with bad_name", async (world) => {
  const device = await world.open(await world.someone());
  for (const to of BAD_NAMES) {
    device.say({ type: "send", id: device.nextId, to, body: 0 });
    const refused = await device.until({ type: "refused" });
    expectFields(refused, { id: device.nextId, code: "bad_name" }, JSON.stringify(to));
  }
});

const reserved = serverCase("[N3] the reserved names are nobody's, in any spelling", async (world) => {
  const device = await world.open(await world.someone());
  for (const to of RESERVED) {
    device.say({ type: "send", id: device.nextId, to, body: 0 });
    const refused = await device.until({ type: "refused" });
    expectFields(refused, { id: device.nextId, code: "reserved_name" }, to);
  }
});

const spellings = serverCase("[N2] spellings with one canonical form are one mailbox", async (world) => {
  const user = await world.someone();
  const device = await world.open(user);
  for (const to of [user.name, user.name.toUpperCase(), fullWidth(user.name)]) {
    const [id] = device.send(to, "spelled");
    expectFields(await device.until({ type: "message", id }), { from: user.name, to: user.name }, to);
  }
  const { welcome } = await world.open({ ...user, name: fullWidth(user.name.toUpperCase()) });
  expectFields(welcome, { user: user.name }, "welcome");
});

const hidden = serverCase("[N4][N5] a name that hides something begins no mailbox", async (world) => {
  const { auth, canMakeUsers } = world.target;
  if (!canMakeUsers) throw new Skipped("the suite can begin no mailboxes here");
  const refused = async (name: string): Promise<unknown> => {
    if (auth === "open") return (await world.refused({ name, token: null }, { device: "d" })).closing["reason"];
    const { value } = await world.http("POST", "/api/accounts", { body: { userName: name } });
    return (value as { code?: unknown }).code;
  };
  expectEqual(await refused(`p\u0430ypal-${randomText()}`), "bad_name", "Cyrillic in Latin");
  expectEqual(await refused("adrnin"), "reserved_name", "a name that looks like admin");
});

const nobody = serverCase(
  "[A6][S6][L7] a message to a name that nobody has is accepted, then failed",
  async (world) => {
    const user = await world.someone();
    const device = await world.open(user);
    // With accounts nobody has it; elsewhere no mailbox can begin under mixed scripts.
    const to = world.target.auth === "accounts" ? `nobody-${randomText()}` : `a\u0430-${randomText()}`;
    const { entry } = await device.deliver(to, "to nobody");
    const failed = await device.until({ type: "failed" });
    expectFields(failed, { of: entry, code: "unknown_receiver" }, "failed");
    const other = await world.connected(user, {
      query: { cursor: String(device.welcome["head"]), epoch: device.epoch },
    });
    expectFields(await other.until({ type: "failed" }), { of: entry, seq: failed["seq"] }, "the other device's failed");
  },
);

/** Letters and digits in the wide forms that NFKC folds. */
function fullWidth(name: string): string {
  return name.replace(/[a-z0-9]/gi, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0));
}

export const names = [forms, reserved, spellings, hidden, nobody];
