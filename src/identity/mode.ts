// The AUTH variable, said aloud once when an isolate starts.
import { note } from "../protocol/journal.ts";

/** Logs what the mode means for whoever runs this. */
export function announce(auth: string): void {
  if (auth === "open")
    note("auth_open", { warning: "AUTH is open: anybody who can reach this server may open any mailbox" });
  else
    note("auth_unknown", {
      error: `AUTH is ${JSON.stringify(auth)}; the only mode is "open". Every connection is refused.`,
    });
}
