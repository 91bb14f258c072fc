// The parts of a log whose rows are written at the end of a commit.
import type { EntryRows } from "../../durable/log/entry-rows.ts";
import type { Sql } from "../../durable/log/sql.ts";
import type { DeviceRows } from "./device-rows.ts";
import type { ConversationIndex } from "./peers/conversation-index.ts";
import type { PeerRows } from "./peers/peer-rows.ts";
import type { PeerSummary } from "./peers/peer-summary.ts";

export interface LogParts {
  readonly sql: Sql;
  readonly entries: EntryRows;
  readonly conversations: ConversationIndex;
  readonly peers: PeerRows;
  readonly devices: DeviceRows;
  readonly summary: PeerSummary;
}

/** The seq of the oldest unsettled message; null for none. */
export type OldestUnsettled = () => number | null;

/** Writes the rows that changed since the last time, once each. */
export function flushParts({ entries, conversations, peers, devices }: LogParts): void {
  entries.flush();
  for (const peer of conversations.flush()) peers.changed(peer);
  peers.flush();
  devices.flush();
}
