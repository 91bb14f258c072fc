// One story for every runtime: two people, each with the SDK, over a real server. It is given the SDK and knows nothing of where it runs.
import type { connect as Connect, memoryStore as MemoryStore, Options } from "../../../src/client/connect.ts";

export interface Sdk {
  readonly connect: typeof Connect;
  readonly memoryStore: typeof MemoryStore;
}

/** What came of it: equal in every runtime. */
export interface Outcome {
  readonly alice: unknown[];
  readonly bob: unknown[];
  /** The first and the last. */
  readonly states: string[];
  /** At most, and in the end. */
  readonly unread: number[];
  readonly typist: string;
  readonly online: boolean[];
  readonly again: unknown[];
  readonly older: number;
}

const SAID = ["hello", { text: "你好 🚀", list: [1, null, true] }, "NUL \0 and a lone \ud800", ""];

/** Plays it between two users whose names end in `mark`. With `kept` the first one's store is the runtime's own. */
export async function play({ connect, memoryStore }: Sdk, url: string, mark: string, kept = false): Promise<Outcome> {
  const [a, b] = [`alice-${mark}`, `bob-${mark}`];
  const enter = (userName: string, device?: string) => {
    const own: Partial<Options> = kept && userName === a ? {} : { store: memoryStore() };
    return connect({ url, userName, ...own, ...(device !== undefined && { device }) });
  };
  const alice = enter(a);
  const bob = enter(b, "phone");

  // Both ways, whatever the bodies are.
  const heard: unknown[] = [];
  const answers: unknown[] = [];
  const sent = SAID.map((body) => alice.send(b, body));
  const states: string[] = [];
  sent[0]?.state.subscribe(({ is }) => states.push(is));
  for await (const { body } of bob.messages) {
    heard.push(body);
    if (heard.length === SAID.length) break;
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

  // Who is there, and who types.
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

  // Away, and back as the same device.
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
    bob: heard,
    states: [states[0] ?? "", states.at(-1) ?? ""],
    unread: [Math.max(...unread), unread.at(-1) ?? -1],
    typist,
    online,
    again,
    older,
  };
}

/** What it comes to, in every runtime. */
export function expected(mark: string): Outcome {
  return {
    alice: ["thanks"],
    bob: SAID,
    states: ["sending", "read"],
    unread: [SAID.length, 0],
    typist: `bob-${mark}`,
    online: [true],
    again: Array.from({ length: 60 }, (_, i) => i),
    older: SAID.length + 1 + 60,
  };
}
