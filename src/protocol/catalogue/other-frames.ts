// The frames from a mailbox that have no place in the log: the welcome, answers, signals, and the end of a connection.
// What each is for, what each field holds, and examples.
import { LIMITS } from "../limits.ts";
import { closeCode, refusal } from "../refusals.ts";
import { VERSION } from "../version.ts";
import type { DownEntries } from "./frame-entry.ts";

export const OTHER_FRAMES = {
  welcome: {
    purpose: "The first frame of a connection ([F7]).",
    isLogFrame: false,
    fields: {
      version: ["version", "the wire version"],
      user: ["name", "whose mailbox it is"],
      device: ["device", "the device, as in the query"],
      epoch: ["epoch", "names the numbering of the log ([R2])"],
      head: ["seq", "the highest seq of the log"],
      lastId: ["seq", "the highest id that was accepted from this device; 0 for none ([S1])"],
      expires: ["time", "when the token expires", "if it does"],
      runs: ["granted", "runs may be sent both ways ([F8])", "if the client asked for them"],
      early: ["granted", "early marks may be sent ([E6])", "if the client asked for them"],
      relations: ["granted", "all relations are sent ([I6])", "if the client asked for them"],
      displayName: ["displayName", "what the user is called ([Q11]); empty: no longer anything", "once it was set"],
      limits: [
        {
          window: ["limit", "log frames that are not acknowledged, at most ([W1])"],
          windowBytes: ["limit", "their bytes, at most"],
          bodyBytes: ["limit", "bytes of a body, at most"],
          textBytes: ["limit", "bytes of a text, at most"],
          frames: ["limit", "frames of a text, at most"],
          reactions: ["limit", "emoji of a reaction, at most ([I4])", "if the server knows relations"],
        },
        "the limits of this server ([F3])",
      ],
    },
    examples: {
      "of a new device": {
        type: "welcome",
        version: VERSION,
        user: "alice",
        device: "phone",
        epoch: "f3b2a1c05d6e7f80",
        head: 1795987663443000,
        lastId: 0,
        limits: LIMITS,
      },
      "with everything": {
        type: "welcome",
        version: VERSION,
        user: "alice",
        device: "phone",
        epoch: "f3b2a1c05d6e7f80",
        head: 1795987663443022,
        lastId: 7,
        expires: 1795991263000,
        runs: true,
        early: true,
        relations: true,
        displayName: "Alice Liddell",
        limits: LIMITS,
      },
    },
  },
  accepted: {
    purpose: "The message is durable ([S5]); answers come in no order.",
    isLogFrame: false,
    fields: {
      id: ["id", "the id of the message; in a run of the last one"],
      entry: ["seq", "its seq in the user's log; in a run of the last one", "if the entry is found ([S2])"],
      at: ["time", "when it was accepted", "with `entry`"],
      state: ["state", "in the receiver's mailbox, or in the user's own, which sends it again"],
      count: ["runLength", "the number of messages", "in a run ([F8])"],
    },
    examples: {
      stored: { type: "accepted", id: 7, entry: 1795987663443015, at: 1795987700300, state: "stored" },
      "queued, and its entry not found": { type: "accepted", id: 3, state: "queued" },
      "a run": { type: "accepted", id: 10, entry: 1795987663443025, at: 1795987700600, state: "stored", count: 2 },
    },
  },
  refused: {
    purpose: "The message was not accepted, nothing was written, and its id is free ([S4]).",
    isLogFrame: false,
    fields: {
      id: ["id", "the id of the message"],
      code: ["refusedCode", "why; the table of refusals says what to do"],
      message: ["sentence", "the code as a sentence"],
      retryAfter: ["delay", "how long to wait", "if waiting helps"],
      affects: ["scope", "only messages to this receiver are refused ([S11])", "if so"],
    },
    examples: {
      "for good": { type: "refused", id: 8, ...refusal("too_large") },
      "until later": { type: "refused", id: 8, ...refusal("rate_limited"), retryAfter: 900 },
      "for one receiver": {
        type: "refused",
        id: 8,
        code: "mailbox_full",
        message: "Your own mailbox is full: too much is on its way to this receiver.",
        retryAfter: 60_000,
        affects: "receiver",
      },
    },
  },
  typing: {
    purpose: "Somebody is writing to the user ([G2]).",
    isLogFrame: false,
    fields: { from: ["name", "who"] },
    examples: { "by bob": { type: "typing", from: "bob" } },
  },
  presence: {
    purpose: "Says whether a watched peer is online ([G3] to [G5]).",
    isLogFrame: false,
    fields: {
      user: ["name", "who"],
      online: ["flag", "whether a connection is open"],
      at: ["time", "last seen, or now; 0 if that is not known"],
    },
    examples: { offline: { type: "presence", user: "bob", online: false, at: 1795987690000 } },
  },
  token: {
    purpose: "The presented token counts from now on ([A7], [J4]).",
    isLogFrame: false,
    fields: { expires: ["time", "when it expires", "if it does"] },
    examples: {
      "that expires": { type: "token", expires: 1795991263000 },
      "that does not": { type: "token" },
    },
  },
  error: {
    purpose: "A text or a frame other than a readable `send` was refused ([F4], [F5], [U7]).",
    isLogFrame: false,
    fields: {
      code: ["errorCode", "why"],
      message: ["sentence", "the code as a sentence"],
      retryAfter: ["delay", "how long to wait", "if waiting helps"],
    },
    examples: {
      unreadable: { type: "error", ...refusal("bad_frame", "it is not JSON") },
      dropped: {
        type: "error",
        ...refusal("rate_limited", "frames that are no messages were dropped"),
        retryAfter: 340,
      },
    },
  },
  closing: {
    purpose: "The last frame of a connection that the server ends ([C1], [C2]).",
    isLogFrame: false,
    fields: {
      code: ["closeCode", "the close code, which says what the client does"],
      reason: ["closingCode", "the word for it", "not from servers up to version 0.3.0"],
      message: ["sentence", "the code as a sentence"],
      retryAfter: ["delay", "how long to wait", "if waiting helps"],
    },
    examples: {
      replaced: {
        type: "closing",
        code: closeCode("replaced"),
        reason: "replaced",
        message: refusal("replaced").message,
      },
      "too many frames": {
        type: "closing",
        code: closeCode("rate_limited"),
        reason: "rate_limited",
        message: refusal("rate_limited").message,
        retryAfter: 1_000,
      },
    },
  },
} as const satisfies Omit<DownEntries, "gap" | "message" | "failed" | "mark" | "peer" | "cleared" | "notice">;
