// Why a client ends from this side, as its state says it.
import { ENDED, type Stopped } from "./connection-state.ts";
import { isOutdated } from "./storage-state.ts";
import { RestanteError, sentenceOf } from "./errors.ts";
import type { Why } from "./store.ts";
import type { Ending } from "./tab-messages.ts";

const SENTENCES: Readonly<Record<"closed" | Ending, string>> = {
  closed: "This device closed the mailbox.",
  signed_out: "Another tab has signed out.",
  outdated: "A later version is open in this browser. Load the page again.",
};

/** Why a message without an answer has failed. */
export const CLOSED: Why = { code: "closed", message: "The mailbox was closed before it answered." };

export function endedBy(reason: "closed" | Ending): Stopped {
  return { is: "stopped", code: ENDED, reason, message: SENTENCES[reason] };
}

/** The store can't be opened. */
export function notOpened(error: unknown): Stopped {
  if (isOutdated(error)) return endedBy("outdated");
  return { is: "stopped", code: ENDED, reason: "not_kept", message: `The store can't be opened: ${String(error)}` };
}

/** What an iteration rejects with where the store can't be read, as where it could not be opened. */
export function notRead(cause: unknown): never {
  throw new RestanteError("not_kept", sentenceOf(cause), { cause });
}
