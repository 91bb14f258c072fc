// The last frame before the server closes, and the close of the WebSocket: both have the same code and the same word.
// Not in down.ts, so that the SDK does not include the table of refusals.
import { writeFrame } from "./down.ts";
import { closeCode, type CodeIn, type Refusal } from "./refusals.ts";

type Closing = Refusal<CodeIn<"closing">>;

/** The frame `closing`. Its `code` is the close code, its `reason` the code of the refusal. */
export function writeClosing({ code: reason, message, retryAfter }: Closing): string {
  const retry = retryAfter === undefined ? {} : { retryAfter };
  return writeFrame({ type: "closing", code: closeCode(reason), reason, message, ...retry });
}

/** Closes with the word of the refusal: clients that miss the frame learn it too. */
export function closeWithReason(ws: { close(code: number, reason: string): void }, { code: reason }: Closing): void {
  ws.close(closeCode(reason), reason);
}
