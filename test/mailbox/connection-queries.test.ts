// Queries that a client may write in more than one way, or with more than there is.
import { expect, test } from "vitest";
import { fresh, open, sendAll, world } from "../support/devices.ts";

const bodies = (frames: Record<string, unknown>[]) => frames.map(({ body }) => body);

test.each<[what: string, query: (seq: string, epoch: string) => string, shown: readonly number[]]>([
  ["zeros before the cursor", (seq) => `&cursor=${seq.padStart(16, "0")}`, [3]],
  ["cursor=00", () => "&cursor=00", [1, 2, 3]],
  ["a cursor without an epoch", (seq) => `&cursor=${seq}`, [3]],
  ["an epoch without a cursor", (_, epoch) => `&epoch=${epoch}`, [2, 3]],
  ["a cursor that is there twice", (seq) => `&cursor=${seq}&cursor=0`, [3]],
  ["a wrong value after a right one", (seq) => `&cursor=${seq}&cursor=x`, [3]],
  ["parameters that it does not know", (seq) => `&cursor=${seq}&version=9&runs-of=x`, [3]],
])("[D3][R1] %s", async (_, query, shown) => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 3);
  const [first, second] = await bob.take("message", 3);
  bob.ack(first?.["seq"]);
  await bob.settled();
  const { epoch } = bob.welcome;
  bob.socket.close();
  await bob.socket.untilClosed();
  const again = await open(b, "phone", query(String(second?.["seq"]), epoch));
  expect(bodies((await again.settled()).filter(({ type }) => type === "message"))).toEqual(shown);
});

test("[D3] of a device that is there twice the first counts", async () => {
  const alice = await open(fresh("alice"), "phone", "&device=laptop&device=!");
  expect(alice.welcome.device).toBe("phone");
});
