// The mailbox's own list of conversations, and what changed while it was asked for. It knows records.
import type { Said } from "./rows.ts";
import type { Entry, Marks } from "./store.ts";

/** One conversation of `GET /api/conversations`. */
export interface Listed extends Said {
  readonly peer: string;
  readonly seq: number;
  readonly unread: number;
  readonly clearedUpTo?: number | undefined;
  readonly marks: { readonly [K in keyof Marks]?: number | undefined };
  readonly last: Entry | null;
}

/** What came since the list of conversations was asked for. */
export class Meanwhile {
  /** Messages of somebody else. */
  readonly messages: { readonly from: string; readonly seq: number }[] = [];
  /** Of whom a frame `peer` has come. */
  readonly peers = new Set<string>();
  /** Whether the list may count a message that was removed. */
  isInDoubt = false;
}
