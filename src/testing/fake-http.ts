// The part of the HTTP API that the SDK asks for a mailbox: conversations, their messages, settings, contacts and blocks.
// Everything else is not found.
import { changeName, clear, configure, latestOf, peerOf, remove, settingsOf } from "./fake-conversations.ts";
import type { FakeUser, FakeUsers } from "./fake-user.ts";

/** Conversations or messages of one page, by default. */
const PAGE_SIZE = 50;
const SETTINGS = { receipts: true, presence: true };

/** The answer to a request of the user `name`. */
export function answerRequest(users: FakeUsers, name: string, method: string, url: URL, body?: unknown): Response {
  const [, part = "", peer = "", seq] = /^\/api\/([^/]+)\/?([^/]*)(?:\/messages\/(\d+))?/.exec(url.pathname) ?? [];
  const other = decodeURIComponent(peer);
  const range = rangeOf(url);
  switch (`${method} ${part}`) {
    case "GET auth":
      return json({ auth: "open", registration: null });
    case "GET settings":
      return json(SETTINGS);
    case "GET conversations":
      return json(peer === "" ? conversationsOf(users.user(name), range) : messagesOf(users.user(name), other, range));
    case "PATCH conversations":
      return configure(users.user(name), other, body as object) ? json(undefined, 204) : notFound();
    case "DELETE conversations":
      return (seq === undefined ? clear(users.user(name), other) : remove(users.user(name), other, Number(seq)))
        ? json(undefined, 204)
        : notFound();
    case "GET profile":
      return profileOf(users.user(name));
    case "PUT profile":
      return changeName(users.user(name), (body as { displayName: string | null }).displayName)
        ? profileOf(users.user(name))
        : badName();
    case "GET blocks":
      return json(namesWith(users.user(name), "blocked"));
    case "PUT contacts":
    case "DELETE blocks":
      return changed(() => users.setStanding(name, other, "contact"));
    case "PUT blocks":
      return changed(() => users.setStanding(name, other, "blocked"));
    default:
      return notFound();
  }
}

function notFound(): Response {
  return json({ code: "not_found", message: "The fake server has nothing at this address.", status: 404 }, 404);
}

function badName(): Response {
  return json({ code: "bad_frame", message: "This can't be a display name.", status: 400, field: "displayName" }, 400);
}

function profileOf({ displayName }: FakeUser): Response {
  return json({ displayName: displayName || null });
}

interface Range {
  readonly before: number;
  readonly limit: number;
}

function rangeOf({ searchParams }: URL): Range {
  const before = searchParams.get("before");
  return { before: before === null ? Infinity : Number(before), limit: Number(searchParams.get("limit") ?? PAGE_SIZE) };
}

function conversationsOf(user: FakeUser, { before, limit }: Range): unknown {
  const { mailbox, standings, settings } = user;
  const { log } = mailbox;
  const conversations = [...latestOf(user)]
    .map(([peer, { seq }]) => {
      const { seq: _, ...marks } = { seq: 0, ...log.marksOf(peer) };
      const fresh = log.messages.filter((message) => message.from === peer && message.seq > marks.mine);
      const last = log.messages.findLast((message) => peerOf(message, mailbox.user) === peer);
      const standing = standings.get(peer) ?? "contact";
      const { clearedUpTo = 0 } = settings.get(peer) ?? {};
      const about = { peer, seq, unread: fresh.length, marks, standing, ...settingsOf(user, peer) };
      return { ...about, ...(clearedUpTo > 0 && { clearedUpTo }), ...(last && { last }) };
    })
    .filter(({ seq }) => seq < before)
    .toSorted((one, next) => next.seq - one.seq);
  return { conversations: conversations.slice(0, limit) };
}

function messagesOf({ mailbox }: FakeUser, peer: string, { before, limit }: Range): unknown {
  const { entries, messages } = mailbox.log;
  const failures = new Map(entries.flatMap((entry) => (entry.type === "failed" ? [[entry.of, entry.code]] : [])));
  const all = messages
    .filter((message) => peerOf(message, mailbox.user) === peer && message.seq < before)
    .map((message) => (failures.has(message.seq) ? { ...message, failed: failures.get(message.seq) } : message));
  return { messages: all.slice(-limit), more: all.length > limit };
}

function namesWith({ standings }: FakeUser, wanted: string): string[] {
  return [...standings].filter(([, standing]) => standing === wanted).map(([peer]) => peer);
}

function changed(change: () => void): Response {
  change();
  return json(undefined, 204);
}

/** What the SDK reads of a response: some test environments have no `Response`. */
function json(value: unknown, status = 200): Response {
  const text = value === undefined ? "" : JSON.stringify(value);
  return {
    status,
    ok: status < 300,
    text: async () => text,
    json: async () => JSON.parse(text),
  } as unknown as Response;
}
