// Everything that a mailbox keeps of its user, as JSON Lines: one thing a line, read page by page, so that no more than a page is in
// memory. What is written while it runs is not in it.
import type { MailboxContext } from "../context.ts";
import { settings } from "../people/settings.ts";
import { write } from "../../protocol/down.ts";
import { messageOf } from "../reading/read-conversations.ts";
import { idOf } from "../access/account.ts";

/** Entries of one page. */
const PAGE = 64;

/** The lines, as bytes: `account`, `device`, `passkey`, `contact` and `conversation` first, then the log in its order, and `end`. */
export function exportMailbox(context: MailboxContext): ReadableStream<Uint8Array> {
  const lines = ended(linesOf(context));
  const encoder = new TextEncoder();
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      // What is read now is another's, or nothing: a file that ends here must not look whole.
      if (context.groupCommit.isClosed) throw new Error("the mailbox was erased while it was exported");
      const next = lines.next();
      if (!next.done) return controller.enqueue(encoder.encode(next.value));
      controller.close();
      // A request for bytes that is still open has to be answered, with none.
      controller.byobRequest?.respond(0);
    },
  });
}

/** With a last line that says how many there were: whoever has it has everything. */
function* ended(texts: Iterable<string>): Generator<string> {
  let lines = 0;
  for (const text of texts) {
    lines += text.split("\n").length - 1;
    yield text;
  }
  yield line({ type: "end", lines });
}

function* linesOf(context: MailboxContext): Generator<string> {
  const { log } = context;
  if (log.row === null) return;
  const { name, epoch } = log.row;
  const { account } = log.account;
  yield line({
    type: "account",
    userName: name,
    epoch,
    created: account?.created ?? null,
    settings: settings(context, {}),
  });
  for (const token of log.account.tokens()) {
    yield line({ type: "device", id: idOf(token), label: token.label, created: token.created, seen: token.seen });
  }
  for (const { id, label, created, seen } of log.account.passkeys())
    yield line({ type: "passkey", id, label, created, seen });
  for (const standing of ["contact", "request", "blocked"] as const) {
    for (const peer of log.contacts.all(standing)) yield line({ type: "contact", peer, standing });
  }
  for (const { name: peer, stored, delivered, read, mine, unread } of log.peers.latest(
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  )) {
    yield line({ type: "conversation", peer, stored, delivered, read, mine, unread });
  }
  const { head } = log;
  for (let seq = 0; seq < head;) {
    const page = log.entries.page(seq, head, PAGE);
    // The head may be a mark's, with no entry up to there; and a stream of bytes takes no empty piece.
    if (page.length > 0) yield page.map((entry) => entryLine(context, entry)).join("");
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
      return `${write({ type: "peer", seq: entry.seq, peer: entry.peer, standing: entry.body })}\n`;
    default:
      return `${messageOf(context, entry)}\n`;
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
