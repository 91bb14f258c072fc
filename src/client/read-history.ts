// Reads over HTTP: the list of conversations, and messages older than those that came over the socket.
import { readDown } from "../protocol/down.ts";
import { messageRefusalOf } from "../protocol/message-refusals.ts";
import { matchesShape } from "../protocol/json-shape.ts";
import type { Listed } from "./listed.ts";
import { read } from "./server.ts";
import type { Entry, Piece } from "./store.ts";

/** Conversations of one page of the list. */
const PAGE_SIZE = 200;

const CONVERSATIONS = { conversations: "list" } as const;
const CONVERSATION = {
  peer: "text",
  seq: "int",
  unread: "int",
  clearedUpTo: "int?",
  marks: { stored: "int?", delivered: "int?", read: "int?", mine: "int?" },
  last: "any?",
  standing: "text?",
  pinned: "flag?",
  muted: "flag?",
  hidden: "flag?",
  displayName: "text?",
} as const;
const MESSAGES = { messages: "list", more: "flag" } as const;
const REFUSED = { failed: "text" } as const;

/** Asks `path` of the server, as the user; resolves with the answer's JSON, and rejects with a sentence. */
type Ask = (path: string, query: { readonly search: Readonly<Record<string, string>> }) => Promise<unknown>;

/** All conversations. */
export async function listConversations(ask: Ask, user: string): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (;;) {
    const before = all.at(-1)?.seq;
    const search = { limit: `${PAGE_SIZE}`, ...(before !== undefined && { before: `${before}` }) };
    const page = read(CONVERSATIONS, await ask("/api/conversations", { search })).conversations;
    for (const value of page) {
      const one = read(CONVERSATION, value);
      all.push({ ...one, last: entryOf(one.last, user) });
    }
    if (page.length < PAGE_SIZE) return all;
  }
}

/** One page of messages of a conversation, before a seq. */
export async function readOlder(ask: Ask, user: string, peer: string, before: number, limit: number): Promise<Piece> {
  const search = { limit: `${limit}`, ...(Number.isFinite(before) && { before: `${before}` }) };
  const path = `/api/conversations/${encodeURIComponent(peer)}/messages`;
  const page = read(MESSAGES, await ask(path, { search }));
  const entries = page.messages.map((one) => entryOf(one, user)).filter((entry) => entry !== null);
  return { entries, from: page.more ? (entries[0]?.seq ?? 0) : 0 };
}

function entryOf(value: unknown, user: string): Entry | null {
  const down = readDown(value);
  if (down?.type !== "message") return null;
  const { seq, from, to, at, body } = down;
  const failed = matchesShape(REFUSED, value)
    ? { failed: { code: value.failed, message: messageRefusalOf(value.failed).message } }
    : {};
  return { key: `${seq}`, seq, peer: from === user ? to : from, from, at, body, ...failed };
}
