// Steps that several cases have in common.
import { type Stage, skip } from "../case.ts";
import { accepted, type Frame } from "../frames.ts";
import type { Link } from "../link.ts";
import { WITHIN_MS } from "../recording.ts";

/** A message to send: to bob, or to somebody else. */
type Written = string | { readonly body: string; readonly to: string };

const toOf = (written: Written) => (typeof written === "string" ? "bob" : written.to);
const bodyOf = (written: Written) => (typeof written === "string" ? written : written.body);

/** The client connects with these messages in its outbox. They are under way, unanswered, with ids after lastId. */
export async function connectWith(stage: Stage, written: readonly Written[], welcome: Frame = {}): Promise<Link> {
  const { mailbox, client } = stage;
  await stage.begin();
  // Until `welcome` the messages wait together.
  const first = await mailbox.connection();
  for (const one of written) client.do({ do: "send", key: bodyOf(one), to: toOf(one), body: bodyOf(one) });
  for (const one of written) await client.saw({ is: "kept", key: bodyOf(one) });
  const link = await stage.welcome(first, welcome);
  await takeBatch(stage, link, Number(welcome["lastId"] ?? 0) + 1, written);
  return link;
}

/** Takes these messages, under way at once; skips the case if the client waits for the answer to each. */
export async function takeBatch(
  { recording }: Stage,
  link: Link,
  id: number,
  written: readonly Written[],
): Promise<void> {
  const [first] = written;
  if (first === undefined) return;
  await link.takes(id, bodyOf(first), toOf(first));
  for (const [at, one] of written.entries()) {
    if (at === 0) continue;
    const next = await recording.within(WITHIN_MS, () => link.unexpected[0]);
    if (next === undefined) skip("the client sends one message at a time");
    await link.takes(id + at, bodyOf(one), toOf(one));
  }
}

/** Takes these messages one by one and accepts each of them, as entries from `entry` on. */
export async function acceptEach(link: Link, id: number, entry: number, written: readonly Written[]): Promise<void> {
  for (const [at, one] of written.entries()) {
    await link.takes(id + at, bodyOf(one), toOf(one));
    link.deliver(accepted(id + at, entry + at));
  }
}
