// What a device gets of relations that has not asked for them: frames that every version of a client reads. A reply and
// an edit are messages, a retraction is the removal of one message, a reaction is nothing.
import { hasFrame } from "../../durable/log/kinds.ts";
import type { Entry, Head } from "../../durable/log/entry.ts";
import { writeFrame } from "../../protocol/down.ts";

/** Whether the entry has a frame for a device. `relations`: whether the device has asked for them. */
export function hasFrameFor({ kind, re }: Head, relations: boolean): boolean {
  if (re === undefined || relations) return hasFrame(kind);
  return re.is === "retract" ? re.to > 0 : re.is !== "react";
}

/** The frame of a message with a relation for such a device; `message`: that of the message. Null for none. */
export function writeForOlderDevice({ seq, peer, re }: Entry, message: () => string): string | null {
  switch (re?.is) {
    case "react":
      return null;
    case "retract":
      return re.to === 0 ? null : writeFrame({ type: "cleared", seq, peer, of: re.to });
    default:
      return message();
  }
}
