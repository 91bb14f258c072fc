// The frames from a device: what each is for, what each field holds, and examples. Not in the SDK, for its size.
import type * as z from "zod/mini";
import type { UpFrame, upRun } from "../up.ts";
import type { FrameEntry, ShapeOfType } from "./frame-entry.ts";

/** The frames of the code's schema, and the run, which has a schema of its own. */
type UpFrames = { [T in UpFrame["type"]]: Extract<UpFrame, { type: T }> } & { sendRun: z.infer<typeof upRun> };
type Entries = {
  readonly [T in keyof UpFrames]: FrameEntry<ShapeOfType<Omit<UpFrames[T], "type">>, UpFrames[T]>;
};

export const UP_FRAMES = {
  send: {
    purpose: "Sends a message ([S1] to [S10]).",
    isLogFrame: false,
    fields: {
      id: ["id", "the device's number for the message: `lastId + 1`, or that of a message sent again ([S1], [S2])"],
      to: ["spelling", "the receiver"],
      body: ["body", "what arrives ([S9])"],
      re: ["relationRef", "what it has to do with an earlier message ([I1])", "if it has a relation"],
    },
    examples: {
      "a text": { type: "send", id: 7, to: "bob", body: "hi" },
      "an edit": { type: "send", id: 9, to: "bob", body: "hello", re: { to: 1795987663443015, is: "edit" } },
      "an object": { type: "send", id: 8, to: "Bob", body: { text: "hi", mentions: ["carol"] } },
    },
  },
  sendRun: {
    purpose: "Sends consecutive messages to one receiver as a run ([F8]).",
    isLogFrame: false,
    fields: {
      id: ["id", "the number of the last message, at least as large as the number of bodies"],
      to: ["spelling", "the receiver"],
      bodies: ["bodies", "the messages, in order"],
    },
    examples: { "of ids 9 and 10": { type: "send", id: 10, to: "bob", bodies: ["one", { two: 2 }] } },
  },
  ack: {
    purpose: "Says that the device has persisted everything up to a place in the log ([W2]).",
    isLogFrame: false,
    fields: { seq: ["seq", "the highest seq that the device has persisted"] },
    examples: { "up to a seq": { type: "ack", seq: 1795987663443012 } },
  },
  read: {
    purpose: "Says that the user has read a conversation up to a place in the log ([E3], [E7]).",
    isLogFrame: false,
    fields: {
      peer: ["spelling", "whose conversation"],
      seq: ["seq", "a seq of the user's own log"],
    },
    examples: { "up to a seq": { type: "read", peer: "bob", seq: 1795987663443012 } },
  },
  typing: {
    purpose: "Says that the user is writing to somebody ([G2]).",
    isLogFrame: false,
    fields: { to: ["spelling", "to whom"] },
    examples: { "to bob": { type: "typing", to: "bob" } },
  },
  watch: {
    purpose: "Names the peers whose presence this connection wants, in place of the last ones ([G3]).",
    isLogFrame: false,
    fields: { peers: ["spellings", "all of them; empty for none"] },
    examples: {
      "of two": { type: "watch", peers: ["bob", "carol"] },
      "of nobody": { type: "watch", peers: [] },
    },
  },
  token: {
    purpose: "Presents a fresh token on the open connection ([A7], [J4]).",
    isLogFrame: false,
    fields: { token: ["token", "the token, without `Bearer`"] },
    examples: { "of a device": { type: "token", token: "rst1.YWxpY2U.c2VjcmV0" } },
  },
} as const satisfies Entries;
