// [G*]: typing and presence between contacts.
import { serverCase } from "../case.ts";
import { expectFields, expectThat } from "../expect.ts";
import type { User } from "../target.ts";
import type { World } from "../world.ts";

/** A user's changes of presence beyond the first four are sent one in ten seconds ([G5]). */
const CHANGE_MS = 25_000;

const pairs = new WeakMap<World, [User, User]>();

const beforeContact = serverCase(
  "[G8] presence that was asked for before contact comes with the contact",
  async (world) => {
    const users: [User, User] = [await world.fresh("watcher"), await world.fresh("watched")];
    const [one, other] = users;
    const [watcher, watched] = [await world.connected(one), await world.connected(other)];
    watcher.say({ type: "watch", peers: [other.name] });
    const before = await watcher.settled();
    expectThat(!before.some(({ type }) => type === "presence"), "a stranger's presence is not sent");
    await watcher.deliver(other.name, "first");
    await watched.until({ type: "message" });
    await watched.deliver(one.name, "answer");
    expectFields(await watcher.until({ type: "presence" }), { user: other.name, online: true }, "presence");
    for (const device of [watcher, watched]) device.ack(Number.MAX_SAFE_INTEGER);
    await watched.settled();
    pairs.set(world, users);
  },
);

/** Two contacts. */
async function contacts(world: World): Promise<[User, User]> {
  const known = pairs.get(world);
  if (known !== undefined) return known;
  const users: [User, User] = [await world.someone(), await world.someone()];
  expectThat(users[0].name !== users[1].name, "two users are needed");
  await world.makeContacts(...users);
  pairs.set(world, users);
  return users;
}

const typing = serverCase("[G1] typing passes between contacts, and is not stored", async (world) => {
  const [one, other] = await contacts(world);
  const [a, b] = [await world.open(one), await world.open(other)];
  a.say({ type: "typing", to: other.name });
  const frame = await b.until({ type: "typing" });
  expectFields(frame, { from: one.name, seq: undefined }, "typing");
  const later = await world.connected(other, { device: b.name });
  const missed = await later.settled();
  expectThat(!missed.some(({ type }) => type === "typing"), "the next connection receives no typing");
});

const presence = serverCase("[G3][G4] watch gives presence at once, and each change after that", async (world) => {
  const [one, other] = await contacts(world);
  const [watcher, device] = [await world.open(one), await world.open(other)];
  watcher.say({ type: "watch", peers: [other.name] });
  await watcher.until({ type: "presence", user: other.name, online: true });
  device.socket.close();
  const offline = await watcher.until({ type: "presence", online: false }, CHANGE_MS);
  expectThat(Number.isSafeInteger(offline["at"]), "offline has the time");
});

const tooMany = serverCase("[G3] watch names at most 64 peers", async (world) => {
  const device = await world.open(await world.someone());
  device.say({ type: "watch", peers: Array.from({ length: 65 }, (_, i) => `peer-${i}`) });
  expectFields(await device.next(), { type: "error", code: "bad_frame" }, "the answer");
});

export const signals = [beforeContact, presence, typing, tooMany];
