// Routes of conversations and their messages, in pages.
import { z } from "@hono/zod-openapi";
import { callMailbox } from "../identity/call-mailbox.ts";
import { problemResponse } from "../identity/problem-response.ts";
import type { ListRange } from "../protocol/list-range.ts";
import { RELATIONS } from "../protocol/relation.ts";
import { codesIn, refusal } from "../protocol/refusals.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { canonicalName, name, seq, seqText, time, integerText, userQuery } from "./schemas.ts";

/** Items of one response, at most and by default. Answers: a page of history that fills memory. */
const MAX_ITEMS = 200;
const DEFAULT_ITEMS = 50;

const tag = "Conversations";
const limit = integerText(MAX_ITEMS, 1).optional().openapi({ default: DEFAULT_ITEMS });

const marks = z.object({ stored: seq, delivered: seq, read: seq, mine: seq }).partial().meta({
  id: "Marks",
  description: "The highest seqs of yours that the peer has stored, was delivered and has read; and that you have read",
});

const message = z
  .looseObject({
    type: z.literal("message"),
    seq,
    from: canonicalName,
    to: canonicalName,
    at: time,
    body: z.unknown().optional(),
    re: z
      .looseObject({ to: seq.optional(), is: z.enum(RELATIONS) })
      .optional()
      .meta({ description: "Of a reply: [I1]" }),
    failed: z.enum(codesIn("failed")).optional().meta({ description: "The code of its receiver's final refusal" }),
  })
  .meta({ id: "Message" });

const settings = z.object({
  pinned: z.boolean(),
  muted: z.boolean(),
  hidden: z.boolean().meta({ description: "Out of the list until the next message of either side" }),
});

const standing = z.enum(["contact", "request", "blocked"]);

export const conversations = createApi();

declareRoute(
  conversations,
  {
    method: "get",
    path: "/api/conversations",
    tag,
    summary: "List the conversations, the latest first",
    scope: "read",
    query: z.object({
      limit,
      before: seqText.optional().openapi({ description: "The `seq` of the last one that you have" }),
      ...userQuery,
    }),
    responses: {
      200: z.object({
        epoch: z.string().nullable(),
        conversations: z.array(
          z.object({
            peer: canonicalName,
            seq,
            unread: z.int(),
            marks,
            standing,
            ...settings.shape,
            displayName: z.string().meta({ description: "What the peer is called; empty if there is no name" }),
            clearedUpTo: seq.optional().meta({ description: "You have removed all messages up to this seq" }),
            last: message.optional(),
          }),
        ),
      }),
    },
    refusals: ["erased"],
  },
  (c, { query }) => callMailbox(c, (mailbox, caller) => mailbox.conversations(caller, rangeOf(query))),
);

declareRoute(
  conversations,
  {
    method: "get",
    path: "/api/conversations/{userName}/messages",
    tag,
    summary: "List the messages of one conversation, the oldest first",
    description: "The newest, without `before` and `after`.",
    scope: "read",
    params: z.object({ userName: name }),
    query: z.object({ limit, before: seqText.optional(), after: seqText.optional(), ...userQuery }),
    responses: {
      200: z.object({
        epoch: z.string().nullable(),
        peer: canonicalName,
        unread: z.int(),
        marks,
        messages: z.array(message),
        more: z.boolean().meta({ description: "Whether there are more in that direction" }),
      }),
    },
    refusals: ["bad_name", "reserved_name", "erased"],
  },
  (c, { params, query }) => {
    if (query.before !== undefined && query.after !== undefined) {
      return problemResponse({ ...refusal("bad_query", "before and after exclude each other"), field: "after" });
    }
    return callMailbox(c, (mailbox, caller) => mailbox.messages(caller, params.userName, rangeOf(query)));
  },
);

declareRoute(
  conversations,
  {
    method: "patch",
    path: "/api/conversations/{userName}",
    tag,
    summary: "Pin, mute or hide a conversation, on all devices",
    description: "What is not given stays as it is.",
    scope: "send",
    params: z.object({ userName: name }),
    query: z.object(userQuery),
    body: z.strictObject(settings.shape).partial().meta({ id: "ConversationSettings" }),
    responses: { 204: null },
    refusals: ["bad_name", "reserved_name", "not_found", "mailbox_full", "erased"],
  },
  (c, { params, body: { pinned, muted, hidden } }) => {
    const change = {
      ...(pinned !== undefined && { pinned }),
      ...(muted !== undefined && { muted }),
      ...(hidden !== undefined && { hidden }),
    };
    return callMailbox(c, (mailbox, caller) => mailbox.configure(caller, params.userName, change));
  },
);

/** Both scopes. Answers: a stolen token that can only send, and with which a program's history is deleted. */
const ofConversation = { tag, scope: "read and send", responses: { 204: null } } as const;
const refusals = ["bad_name", "reserved_name", "not_found", "erased"] as const;

declareRoute(
  conversations,
  {
    ...ofConversation,
    method: "delete",
    path: "/api/conversations/{userName}",
    summary: "Delete a conversation for yourself, on all devices",
    description: "Everything up to now is removed from your mailbox. The other user keeps their copies.",
    params: z.object({ userName: name }),
    query: z.object(userQuery),
    refusals,
  },
  (c, { params }) => callMailbox(c, (mailbox, caller) => mailbox.clear(caller, params.userName)),
);

declareRoute(
  conversations,
  {
    ...ofConversation,
    method: "delete",
    path: "/api/conversations/{userName}/messages/{seq}",
    summary: "Delete a message for yourself, on all devices",
    description: "It is removed from your mailbox. The other user keeps their copy.",
    params: z.object({ userName: name, seq: seqText }),
    query: z.object(userQuery),
    refusals,
  },
  (c, { params }) => callMailbox(c, (mailbox, caller) => mailbox.remove(caller, params.userName, params.seq)),
);

function rangeOf(query: {
  readonly limit?: number | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}): ListRange {
  return { limit: query.limit ?? DEFAULT_ITEMS, before: query.before ?? null, after: query.after ?? null };
}
