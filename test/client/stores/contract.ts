// The contract of a store, as cases that run in any runtime: each plays with stores and returns what it saw. It knows no
// test runner.
import type { Commit, Draft, Entry, Position, Row, Store } from "../../../src/client/store.ts";

/** What a store can beside the rest. */
type Ability = "lasting" | "past" | "arrivals";

export interface Case {
  readonly title: string;
  readonly needs?: Ability;
  /** `mount` returns a store on the same records each time; of a store in memory, the same one. */
  readonly play: (mount: () => Store, name: string) => Promise<unknown>;
  readonly expected: unknown;
}

const first: Position = { device: "d1", epoch: null, cursor: null, base: 0, listed: true };
const position: Position = { ...first, epoch: "e1", cursor: 7 };
const entry = (seq: number, more: Partial<Entry> = {}): Entry => ({
  key: `${seq}`,
  seq,
  peer: "bob",
  from: "bob",
  at: 5,
  body: `message ${seq}`,
  ...more,
});
const own = (seq: number, more: Partial<Entry> = {}) => entry(seq, { key: `key-${seq}`, from: "alice", ...more });
const draft = (key: string, more: Partial<Draft> = {}): Draft => ({
  key,
  peer: "bob",
  at: 5,
  body: key,
  id: null,
  seq: null,
  failed: null,
  ...more,
});
const row = (peer: string, more: Partial<Row> = {}): Row => {
  const marks = { stored: 0, delivered: 0, read: 0, mine: 0 };
  return { peer, last: null, standing: "contact", fresh: [], more: 0, moreUpTo: 0, origin: 0, ...marks, ...more };
};
const BODIES = [null, false, 0.1, "", "NUL \0 and a lone \ud800", "你好 🚀", [1, [{}]], { a: { b: null } }];

const seqs = (entries: readonly Entry[]) => entries.map(({ seq }) => seq);

/** Writes in one store, then reads in another one on the same records. */
async function reopened(mount: () => Store, name: string, commits: readonly Commit[]): Promise<Store> {
  const store = mount();
  await store.open(name, first);
  for (const commit of commits) await store.write(commit);
  if (!store.lasting) return store;
  await store.close();
  const other = mount();
  await other.open(name, { ...first, device: "d2" });
  return other;
}

/** What a client begins with after these commits. */
async function keptAfter(mount: () => Store, name: string, commits: readonly Commit[]): Promise<unknown> {
  const store = await reopened(mount, name, commits);
  const kept = await store.open(name, first);
  await store.close();
  return { ...kept, rows: [...kept.rows].sort((a, b) => (a.peer < b.peer ? -1 : 1)) };
}

const empty = { position: first, rows: [], drafts: [], reads: [] };

export const CASES: readonly Case[] = [
  {
    title: "a new store begins with the given position, and keeps it",
    play: (mount, name) => keptAfter(mount, name, []),
    expected: empty,
  },
  {
    title: "records are what the last commit made of them",
    play: (mount, name) =>
      keptAfter(mount, name, [
        {
          position: { ...position, cursor: 3 },
          rows: [row("bob"), row("eve", { more: 2 })],
          reads: [{ peer: "eve", seq: 1 }],
        },
        {
          position,
          rows: [row("bob", { last: entry(7), fresh: [7] })],
          reads: [{ peer: "bob", seq: 6 }],
          told: ["eve"],
        },
      ]),
    expected: {
      ...empty,
      position,
      rows: [row("bob", { last: entry(7), fresh: [7] }), row("eve", { more: 2 })],
      reads: [{ peer: "bob", seq: 6 }],
    },
  },
  {
    title: "drafts come back in the order of writing, changed where they were, without the settled ones",
    play: (mount, name) =>
      keptAfter(mount, name, [
        { drafts: [draft("1"), draft("2"), draft("3", { sendKey: "k" })] },
        { drafts: [draft("1", { id: 4 }), draft("4")], settled: ["2"] },
      ]),
    expected: { ...empty, drafts: [draft("1", { id: 4 }), draft("3", { sendKey: "k" }), draft("4")] },
  },
  {
    title: "a body is any JSON value",
    async play(mount, name) {
      const entries = BODIES.map((body, i) => entry(i + 1, { body }));
      const drafts = BODIES.map((body, i) => draft(`${i}`, { body }));
      const store = await reopened(mount, name, [{ position, entries, drafts }]);
      const page = await store.piece("bob", Infinity, 50);
      const kept = await store.open(name, first);
      await store.close();
      return [page.entries.map(({ body }) => body), kept.drafts.map(({ body }) => body)];
    },
    expected: [BODIES, BODIES],
  },
  {
    title: "a page has the latest messages of one conversation before a seq, from where nothing is missing",
    async play(mount, name) {
      const entries = [1, 2, 3, 4, 6].map((seq) => entry(seq));
      const others = [entry(5, { peer: "eve", from: "eve" })];
      const store = await reopened(mount, name, [
        { position: { ...position, base: 2 }, entries: [...entries, ...others] },
      ]);
      const pages = [];
      for (const [before, limit] of [
        [Infinity, 2],
        [4, 50],
        [2, 50],
      ] as const) {
        const page = await store.piece("bob", before, limit);
        pages.push([seqs(page.entries), page.from]);
      }
      await store.close();
      return pages;
    },
    expected: [
      [[4, 6], 2],
      [[2, 3], 2],
      [[], 2],
    ],
  },
  {
    title: "while it is not known where the messages begin, a page is empty",
    async play(mount, name) {
      const store = await reopened(mount, name, [{ position: { ...position, base: null }, entries: [entry(1)] }]);
      const page = await store.piece("bob", Infinity, 50);
      await store.close();
      return [page.entries, page.from === Infinity];
    },
    expected: [[], true],
  },
  {
    title: "removed entries are gone, also those of the same commit; drafts and other conversations stay",
    play: async (mount, name) => {
      const bob = [1, 2, 3, 4, 5].map((seq) => own(seq));
      const store = await reopened(mount, name, [
        { position, entries: [...bob, entry(2, { peer: "carol", from: "carol" })], drafts: [draft("a")] },
        { removed: [{ peer: "bob", from: 2, upTo: 2 }] },
        { entries: [entry(6)], removed: [{ peer: "bob", from: 4, upTo: 6 }] },
        { removed: [{ peer: "zed", from: 0, upTo: 9 }] },
      ]);
      const left = await Promise.all(["bob", "carol"].map((peer) => store.piece(peer, Infinity, 10)));
      const { drafts } = await store.open(name, first);
      await store.close();
      return [...left.map(({ entries }) => seqs(entries)), drafts.map(({ key }) => key)];
    },
    expected: [[1, 3], [2], ["a"]],
  },
  {
    title: "entries with the same seq are replaced, failures are added to them, and send keys stay",
    async play(mount, name) {
      const why = { code: "declined", message: "No." };
      const store = await reopened(mount, name, [
        { position, entries: [own(1, { key: "1" }), own(2)] },
        {
          entries: [own(1, { sendKey: "k" })],
          failures: [
            { seq: 1, ...why },
            { seq: 9, ...why },
          ],
        },
      ]);
      const page = await store.piece("bob", Infinity, 50);
      await store.close();
      return page.entries;
    },
    expected: [own(1, { sendKey: "k", failed: { code: "declined", message: "No." } }), own(2)],
  },
  {
    title: "older messages are added to those that are here",
    needs: "past",
    async play(mount, name) {
      const older = [entry(1), entry(2, { body: "not this one" })];
      const store = await reopened(mount, name, [
        { position: { ...position, base: 2 }, entries: [entry(2)] },
        { past: { peer: "bob", from: 1, entries: older } },
      ]);
      const [bob, eve] = [await store.piece("bob", Infinity, 50), await store.piece("eve", Infinity, 50)];
      await store.close();
      return [bob, eve];
    },
    expected: [
      { entries: [entry(1), entry(2)], from: 1 },
      { entries: [], from: 2 },
    ],
  },
  {
    title: "a store that is closed to forget has no record",
    needs: "lasting",
    async play(mount, name) {
      const store = await reopened(mount, name, [{ position, rows: [row("bob")], drafts: [draft("1")] }]);
      await store.close(true);
      return keptAfter(mount, name, []);
    },
    expected: empty,
  },
  {
    title: "arrivals are the messages of others from the log, each once, after the last one that was taken",
    needs: "arrivals",
    async play(mount, name) {
      const later = { ...position, epoch: "e2", cursor: 2 };
      const store = await reopened(mount, name, [
        { position, entries: [entry(5), own(6), entry(7, { peer: "eve", from: "eve" })] },
        { past: { peer: "bob", from: 1, entries: [entry(3)] } },
        // The seqs of another epoch may begin anew.
        { position: later, entries: [entry(2), entry(5, { body: "another" })] },
      ]);
      const pages: unknown[] = [];
      let numbers: number[] = [];
      const read = async (from: Store, after: number | null, limit: number) => {
        const page = (await from.arrivals?.(after, limit)) ?? [];
        numbers = page.map(({ number }) => number);
        pages.push(page.map(({ entry: { seq, body } }) => [seq, body]));
      };
      await read(store, null, 2);
      await read(store, numbers[0] ?? 0, 50);
      await store.write({ taken: numbers[0] });
      await store.close();
      const other = await reopened(mount, name, [{ entries: [entry(8)] }]);
      await read(other, null, 50);
      await other.close();
      return pages;
    },
    expected: [
      [
        [7, "message 7"],
        [2, "message 2"],
      ],
      [
        [2, "message 2"],
        [5, "another"],
      ],
      [
        [5, "another"],
        [8, "message 8"],
      ],
    ],
  },
  {
    title: "a message is found by its send key: as a draft, as an entry, and without a seq, until it is discarded",
    needs: "arrivals",
    async play(mount, name) {
      const keys = ["draft", "entry", "failed", "unnumbered", "discarded", "none"];
      const drafts = keys.slice(0, 5).map((key) => draft(key, { sendKey: key }));
      const why = { code: "declined", message: "No." };
      const store = await reopened(mount, name, [
        { position, drafts },
        {
          entries: [own(1, { key: "entry", sendKey: "entry" }), own(2, { key: "failed", sendKey: "failed" })],
          settled: ["entry", "failed", "unnumbered", "discarded"],
          unnumbered: [{ key: "unnumbered", is: "queued" }],
          failures: [{ seq: 2, ...why }],
        },
      ]);
      const found = [];
      for (const key of keys) found.push((await store.written?.(key)) ?? null);
      await store.close();
      return found;
    },
    expected: [
      draft("draft", { sendKey: "draft" }),
      { key: "entry", at: 5, seq: 1, body: "message 1" },
      { key: "failed", at: 5, seq: 2, body: "message 2", failed: { code: "declined", message: "No." } },
      { key: "unnumbered", at: 5, seq: null, is: "queued" },
      null,
      null,
    ],
  },
];
