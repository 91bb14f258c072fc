// The two shapes of the plain dialect: what each field holds, and examples.
import { refusal } from "../refusals.ts";
import type { FrameEntry } from "./frame-entry.ts";

interface PlainUpShape {
  readonly receiver: "text";
  readonly msg: "any?";
}
interface PlainDownShape {
  readonly sender: "text";
  readonly receiver: "text";
  readonly msg: "any";
  readonly createTime: "text";
  readonly code: "text?";
}
type Entries = {
  readonly plainUp: FrameEntry<PlainUpShape, { readonly receiver: string; readonly [field: string]: unknown }>;
  readonly plainDown: FrameEntry<PlainDownShape, { readonly sender: string; readonly [field: string]: unknown }>;
};

export const PLAIN_FRAMES = {
  plainUp: {
    purpose: "Sends a message, in the plain dialect ([P1], [P7]).",
    isLogFrame: false,
    fields: {
      receiver: ["spelling", "the receiver"],
      msg: ["body", "what arrives", "unless there are other fields, which are then delivered"],
    },
    examples: {
      "a text": { receiver: "bob", msg: "hi" },
      "with other fields": { receiver: "bob", msg: "hi", color: "#336699" },
    },
  },
  plainDown: {
    purpose: "A message, or a refusal by the sender `system`, in the plain dialect ([P1] to [P3], [P7]).",
    isLogFrame: false,
    fields: {
      sender: ["sender", "the author"],
      receiver: ["name", "the receiver"],
      msg: ["body", "what was sent, or the sentence of a refusal"],
      createTime: ["plainTime", "when the sender's mailbox accepted it"],
      code: ["plainCode", "why", "in refusals, and in nothing else"],
    },
    examples: {
      "a message": { sender: "bob", receiver: "alice", msg: "hi", createTime: "2026-11-23 11:12:11" },
      "a refusal": {
        sender: "system",
        receiver: "alice",
        msg: refusal("unknown_receiver", "to zed").message,
        createTime: "2026-11-23 11:12:12",
        code: "unknown_receiver",
      },
    },
  },
} as const satisfies Entries;
