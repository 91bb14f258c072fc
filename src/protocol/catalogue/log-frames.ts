// The log frames from a mailbox: what each is for, what each field holds, and examples. Not in the SDK, for its size.
import { refusal } from "../refusals.ts";
import type { DownEntries } from "./frame-entry.ts";

export const LOG_FRAMES = {
  gap: {
    purpose:
      "Says that entries are lost for this device: by retention, by a restore, or in another epoch ([R2], [R3], [R5]).",
    isLogFrame: true,
    fields: {
      from: ["seq", "the first seq that is lost"],
      seq: ["seq", "the last seq that is lost, and the cursor from now on, also if that is lower than before"],
    },
    examples: { "after another epoch": { type: "gap", from: 1, seq: 1795987663443000 } },
  },
  message: {
    purpose: "A message of somebody else, or one of the user's own, from any device ([L3] to [L5]).",
    isLogFrame: true,
    fields: {
      seq: ["seq", "its place in the log; in a run that of the last message"],
      from: ["name", "the author"],
      to: ["name", "the receiver"],
      at: ["time", "when the sender's mailbox accepted it, by the clock there"],
      body: ["body", "what was sent", "not in a run; may be absent on the connection that sent it"],
      count: ["runLength", "the number of messages", "in a run ([F8])"],
      bodies: ["runBodies", "`count` bodies, in order", "in a run; may be absent on the connection that sent it"],
      id: ["id", "the number that the sending device gave it", "own messages that a device sent"],
      device: ["device", "the sending device", "with `id`"],
      origin: ["seq", "its seq in the author's log ([L5])", "messages of others"],
      request: ["granted", "the author is a stranger whose request is open ([Q1])", "if so"],
    },
    examples: {
      "of somebody else": {
        type: "message",
        seq: 1795987663443012,
        from: "bob",
        to: "alice",
        at: 1795987700123,
        origin: 1795987663441007,
        body: "hi",
      },
      "of a stranger": {
        type: "message",
        seq: 1795987663443014,
        from: "carol",
        to: "alice",
        at: 1795987700200,
        origin: 1795987663441090,
        request: true,
        body: { text: "hello" },
      },
      "of the user's own": {
        type: "message",
        seq: 1795987663443015,
        from: "alice",
        to: "bob",
        at: 1795987700300,
        id: 7,
        device: "phone",
        body: "hi",
      },
      "a run": {
        type: "message",
        seq: 1795987663443018,
        from: "bob",
        to: "alice",
        at: 1795987700400,
        origin: 1795987663441010,
        count: 2,
        bodies: ["one", { two: 2 }],
      },
    },
  },
  failed: {
    purpose: "Says that the receiver finally refused a message of the user's ([S6], [L7]).",
    isLogFrame: true,
    fields: {
      seq: ["seq", "its place in the log"],
      of: ["seq", "the seq of the message"],
      code: ["failedCode", "why"],
      message: ["sentence", "the code as a sentence"],
    },
    examples: {
      declined: {
        type: "failed",
        seq: 1795987663443020,
        of: 1795987663443015,
        ...refusal("declined"),
      },
    },
  },
  mark: {
    purpose: "The state of a conversation's receipts, cumulative, in the user's own numbering ([L6], [E3]).",
    isLogFrame: "if seq",
    fields: {
      seq: ["seq", "the place of its last change in the log", "not in an early mark ([E6])"],
      peer: ["name", "whose conversation"],
      stored: ["seq", "the peer's mailbox has everything up to here", "once there is one"],
      delivered: ["seq", "a device of the peer's has everything up to here", "once there is one"],
      read: ["seq", "the peer has read up to here", "once there is one, if the user wants receipts ([E5])"],
      mine: ["seq", "the user has read up to here", "once there is one"],
    },
    examples: {
      "with a place in the log": {
        type: "mark",
        seq: 1795987663443021,
        peer: "bob",
        stored: 1795987663443015,
        delivered: 1795987663443015,
        read: 1795987663443008,
        mine: 1795987663443012,
      },
      "an early mark": { type: "mark", peer: "bob", stored: 1795987663443015 },
    },
  },
  peer: {
    purpose:
      "Says how the user stands to somebody from here on ([Q1], [Q8]), and what is set for the conversation ([Q9]).",
    isLogFrame: true,
    fields: {
      seq: ["seq", "its place in the log"],
      peer: ["name", "who"],
      standing: ["standing", "the state of the conversation"],
      pinned: ["flag", "the user has pinned the conversation ([Q9])", "not from servers up to version 0.3.0"],
      muted: ["flag", "the user has muted it ([Q9])", "as `pinned`"],
      hidden: ["flag", "it is out of the list until its next message ([Q9])", "as `pinned`"],
      displayName: [
        "displayName",
        "what this user, or the user, is called ([Q11]); empty if there is no name",
        "as `pinned`",
      ],
    },
    examples: {
      "a request": {
        type: "peer",
        seq: 1795987663443013,
        peer: "carol",
        standing: "request",
        pinned: false,
        muted: false,
        hidden: false,
        displayName: "",
      },
    },
  },
  cleared: {
    purpose: "Says that the user has removed messages of a conversation, for oneself ([L8], [Q10]).",
    isLogFrame: true,
    fields: {
      seq: ["seq", "its place in the log"],
      peer: ["name", "whose conversation"],
      upTo: ["seq", "all messages up to this seq are removed", "if a conversation was removed"],
      of: ["seq", "the seq of the removed message", "if one message was"],
    },
    examples: {
      "a conversation": { type: "cleared", seq: 1795987663443025, peer: "bob", upTo: 1795987663443018 },
      "a message": { type: "cleared", seq: 1795987663443026, peer: "bob", of: 1795987663443012 },
    },
  },
  notice: {
    purpose: "A notice of the server about the account or a webhook ([A13], [K4]).",
    isLogFrame: true,
    fields: {
      seq: ["seq", "its place in the log"],
      code: ["noticeCode", "what happened"],
      message: ["sentence", "the code as a sentence"],
      about: ["label", "the label of the device or passkey", "if there is one"],
      at: ["time", "when it happened", "since version 0.2.0"],
    },
    examples: {
      "a new device": {
        type: "notice",
        seq: 1795987663443022,
        code: "new_device",
        message: "Another device signed in.",
        about: "Firefox on Linux",
        at: 1795987700500,
      },
    },
  },
} as const satisfies Pick<DownEntries, "gap" | "message" | "failed" | "mark" | "peer" | "cleared" | "notice">;
