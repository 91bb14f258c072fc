// The parts of a log that its checkpoints and its retention need.
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
