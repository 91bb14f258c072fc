// Where the bugs are planted into the SDK.
import { join } from "node:path";
import type { Change, Patient } from "./bugs.ts";

const disk = (delay: string): Change => [
  "test/conformance/adapters/journal.ts",
  "async write(commit: Commit): Promise<void> {",
  `async write(commit: Commit): Promise<void> {\n    ${delay}`,
];

/** Each write takes its time, as on a phone: a client without the bug acknowledges later, and passes. */
export const SLOW_DISK = disk("await new Promise((done) => setTimeout(done, 300));");
/** Texts of several messages are never stored: what is acknowledged is lost by every SIGKILL, also on a busy machine. */
const HUNG_DISK = disk("if ((commit.entries ?? []).length > 1) await new Promise(() => undefined);");

const EARLY_ACK = `this.#acks.receivedText(units);
        this.#acks.setStored(this.#log.position.cursor);
        this.#acks.send();`;

export const SDK: Patient = {
  name: "the SDK",
  files: ["src/client", "src/protocol", "test/conformance/adapters", "package.json"],
  command: (folder) => `node ${join(folder, "test/conformance/adapters/sdk.ts")}`,
  changes: {
    "has no heartbeat": [["src/client/live-socket.ts", "this.#checkAfter(this.#options.times.quietMs);", ""]],
    "gives new numbers to everything after a refusal and a loss": [
      ["src/client/outbox.ts", "if (item.id === null || (isSameEpoch && item.id <= lastId)) continue;", ""],
    ],
    "treats 4409 as a lost connection": [["src/client/close-reason.ts", "4406, 4409", "4406"]],
    "drops the text at `accepted`": [
      ["src/client/leader.ts", "if (draft !== null) this.#log.addAccepted(draft, run, back);", ""],
    ],
    "acknowledges nothing": [
      [
        "src/client/ack-policy.ts",
        'return this.#connection.state.is === "open" && this.seq > this.#ackedUpTo;',
        "return false;",
      ],
    ],
    "acknowledges before it has stored": [
      HUNG_DISK,
      ["src/client/leader.ts", "this.#acks.receivedText(units);", EARLY_ACK],
    ],
    "ignores another epoch": [
      ["src/client/apply-frames.ts", "if (epoch === before) return true;", "if (before !== null) return true;"],
    ],
    "shows messages twice after the mailbox was restored": [
      ["src/client/apply-frames.ts", "Math.min(newCount, origin - this.#row(from).origin)", "newCount"],
    ],
    "moves no cursor for an unknown frame with a seq": [
      ["src/client/leader.ts", "seq === null ? count", "seq === null || down === null ? count"],
    ],
    "gives up at `rate_limited`": [
      [
        "src/client/outbox.ts",
        "if (retryAfter !== undefined) {",
        'if (retryAfter !== undefined && code !== "rate_limited") {',
      ],
    ],
    "says `read` once": [
      ["src/client/leader.ts", 'for (const read of this.#log.reads) this.#send({ type: "read", ...read });', ""],
    ],
    "acknowledges more than it was sent": [
      ["src/client/ack-policy.ts", '"seq":${this.#ackedUpTo}}', '"seq":${this.#ackedUpTo + 1}}'],
    ],
  },
};
