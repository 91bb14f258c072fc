// The export of a mailbox as JSON Lines, one object a line. It is read page by page, so that no more than a page is in
// memory. Entries that are written while it runs are not in it.
import { tokenIdOf } from "../../protocol/service.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { MailboxRow } from "../log/schema.ts";
import { profileOf } from "../people/display-names.ts";
import { settings } from "../people/settings.ts";
import { displayNameOf, settingsOf } from "../access/chosen-settings.ts";
import { namesWith } from "../access/standing.ts";
import { messageOf } from "../reading/read-conversations.ts";
import { writeCleared, writePeer } from "../reading/write-log-frames.ts";

const ENTRIES_PER_PAGE = 64;

/**
 * The lines, as bytes: `account`, `device`, `passkey`, `contact` and `conversation` first, then the log in its order,
 * and `end`.
 */
export function exportMailbox(context: MailboxContext): ReadableStream<Uint8Array> {
  const lines = withEnd(linesOf(context));
  const encoder = new TextEncoder();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      let next = nextOf(context, lines);
      // A byte stream takes no empty chunk. Answers: a mailbox that stands still for the removed messages of years.
      while (next.value === "") {
        await new Promise((turn) => setTimeout(turn));
        next = nextOf(context, lines);
      }
      if (!next.done) return controller.enqueue(encoder.encode(next.value));
      controller.close();
      // A pending request for bytes must be answered, here with none.
      controller.byobRequest?.respond(0);
    },
  });
}

function nextOf(context: MailboxContext, lines: Iterator<string, undefined>): IteratorResult<string, undefined> {
  // The tables are gone, or another mailbox's: a file that ends here must not look complete.
  if (context.groupCommit.isClosed) throw new Error("the mailbox was erased while it was exported");
  return lines.next();
}

/** Adds a last line with the number of lines: an export that has it is complete. */
function* withEnd(texts: Iterable<string>): Generator<string, undefined> {
  let lines = 0;
  for (const text of texts) {
    lines += text.split("\n").length - 1;
    yield text;
  }
  yield line({ type: "end", lines });
}

function* linesOf(context: MailboxContext): Generator<string> {
  if (context.log.row === null) return;
  yield* accountLines(context, context.log.row);
  yield* peopleLines(context);
  yield* entryPages(context);
}

function* accountLines(context: MailboxContext, { name, epoch }: MailboxRow): Generator<string> {
  const { account } = context.log;
  const created = account.account?.created ?? null;
  yield line({
    type: "account",
    userName: name,
    epoch,
    created,
    settings: settings(context, {}),
    ...profileOf(context),
  });
  for (const { hash, label, created, seen } of account.tokens()) {
    yield line({ type: "device", id: tokenIdOf(hash), label, created, seen });
  }
  for (const { id, label, created, seen } of account.passkeys()) {
    yield line({ type: "passkey", id, label, created, seen });
  }
}

function* peopleLines(context: MailboxContext): Generator<string> {
  const { log } = context;
  for (const standing of ["contact", "request", "blocked"] as const) {
    for (const peer of namesWith(context, standing)) yield line({ type: "contact", peer, standing });
  }
  const peers = log.peers.latest(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  for (const { name: peer, stored, delivered, read, readByMe: mine, unread } of peers) {
    const marks = { stored, delivered, read, mine };
    const displayName = displayNameOf(context, peer);
    yield line({ type: "conversation", peer, ...marks, unread, ...settingsOf(context, peer), displayName });
  }
}

/** All entries up to the head at the start, a page of lines at a time; empty where all of them were removed. */
function* entryPages(context: MailboxContext): Generator<string> {
  const { log } = context;
  const { head } = log;
  for (let seq = 0; seq < head;) {
    const page = log.entries.page(seq, head, ENTRIES_PER_PAGE);
    yield page.map((entry) => (log.removals.hides(entry) ? "" : entryLine(context, entry))).join("");
    // The head may belong to a mark, without an entry up to it.
    seq = page.at(-1)?.seq ?? head;
  }
}

function entryLine(context: MailboxContext, entry: Parameters<typeof messageOf>[1]): string {
  switch (entry.kind) {
    case "failed":
      return line({ type: "failed", seq: entry.seq, of: entry.origin, code: entry.body, at: entry.at });
    case "notice":
      return line({ type: "notice", seq: entry.seq, code: entry.body, about: entry.device ?? undefined, at: entry.at });
    case "peer":
      return `${writePeer(context, entry)}\n`;
    case "cleared":
      return `${writeCleared(entry)}\n`;
    default:
      return `${messageOf(context, entry)}\n`;
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
