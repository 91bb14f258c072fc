// One story for every runtime: two users with the SDK and a real server. It is given the SDK and knows no runtime.
import type { connect as Connect, memoryStore as MemoryStore, Options } from "../../../src/client/connect.ts";

export interface Sdk {
  readonly connect: typeof Connect;
  readonly memoryStore: typeof MemoryStore;
}

/** The outcome: equal in every runtime. */
export interface Outcome {
  readonly alice: unknown[];
  readonly bob: unknown[];
  /** The first state, and the last one. */
  readonly states: string[];
  /** The highest count, and the last one. */
  readonly unread: number[];
  readonly typist: string;
  readonly online: boolean[];
  readonly again: unknown[];
  readonly older: number;
}

const SAID = ["hello", { text: "你好 🚀", list: [1, null, true] }, "NUL \0 and a lone \ud800", ""];

/** Plays it between two users whose names end in `mark`. With `kept` the first one uses the runtime's own store. */
export async function play({ connect, memoryStore }: Sdk, url: string, mark: string, kept = false): Promise<Outcome> {
  const [a, b] = [`alice-${mark}`, `bob-${mark}`];
  const enter = (userName: string, device?: string) => {
    const own: Partial<Options> = kept && userName === a ? {} : { store: memoryStore() };
    return connect({ url, userName, ...own, ...(device !== undefined && { device }) });
  };
  const alice = enter(a);
  const bob = enter(b, "phone");

  // Messages in both directions, with any body.
  const received: unknown[] = [];
  const answers: unknown[] = [];
  const sent = SAID.map((body) => alice.send(b, body));
  const states: string[] = [];
  sent[0]?.state.subscribe(({ is }) => states.push(is));
  for await (const { body } of bob.messages) {
    received.push(body);
    if (received.length === SAID.length) break;
  }
  const unread: number[] = [];
  bob.conversations.subscribe((list) => unread.push(list[0]?.unread ?? 0));
  bob.read(a);
  await sent.at(-1)?.reached("read");
  await bob.send(a, "thanks").reached("delivered");
  for await (const { body } of alice.messages) {
    answers.push(body);
    break;
  }

  // Presence and typing.
  const online: boolean[] = [];
  alice.presence.watch([b]);
  for await (const presence of alice.presence) {
    const seen = presence.get(b);
    if (seen === undefined) continue;
    online.push(seen.online);
    break;
  }
  bob.typing(a);
  let typist = "";
  for await (const typists of alice.typists) {
    [typist = ""] = typists;
    if (typist !== "") break;
  }

  // A device that closes, and opens again under the same name.
  await bob.close();
  for (let i = 0; i < 60; i++) alice.send(b, i);
  const back = enter(b, "phone");
  const again: unknown[] = [];
  for await (const { body } of back.messages) {
    again.push(body);
    if (body === 59) break;
  }
  const thread = back.messages.with(a);
  while (await thread.older());
  const older = thread.value.length;
  await Promise.all([alice.close(), back.close()]);
  return {
    alice: answers,
    bob: received,
    states: [states[0] ?? "", states.at(-1) ?? ""],
    unread: [Math.max(...unread), unread.at(-1) ?? -1],
    typist,
    online,
    again,
    older,
  };
}

/** The expected outcome, in every runtime. */
export function expected(mark: string): Outcome {
  return {
    alice: ["thanks"],
    bob: SAID,
    states: ["sending", "read"],
    unread: [SAID.length, 0],
    typist: `bob-${mark}`,
    online: [true],
    // Its loop was left at the last of the first messages.
    again: [SAID.at(-1), ...Array.from({ length: 60 }, (_, i) => i)],
    older: SAID.length + 1 + 60,
  };
}
