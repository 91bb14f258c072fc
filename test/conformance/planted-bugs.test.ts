// Bugs that strangers built, planted into a copy of the SDK one by one: each is caught by a case that names it, and
// leaves another case alone.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CASES } from "./cases/all.ts";
import { type Outcome, play } from "./play.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** What the copy needs of the repository. */
const COPIED = ["src/client", "src/protocol", "test/conformance/adapters", "package.json"];

/** A text of a file that is replaced by another. */
type Change = readonly [file: string, text: string, by: string];

interface Bug {
  readonly title: string;
  readonly changes: readonly Change[];
  /** Part of the name of the case that catches it, and below of one that passes. */
  readonly caughtBy: string;
  /** Part of the sentence with which it fails. */
  readonly says: string;
  readonly passes: string;
}

/** A disk that takes its time: what is acknowledged before it is stored is lost by SIGKILL. */
const SLOW_DISK: Change = [
  "test/conformance/adapters/journal.ts",
  "async write(commit: Commit): Promise<void> {",
  "async write(commit: Commit): Promise<void> {\n    await new Promise((done) => setTimeout(done, 300));",
];

const BUGS: readonly Bug[] = [
  {
    title: "has no heartbeat",
    changes: [["src/client/live-socket.ts", "this.#checkAfter(QUIET_MS);", ""]],
    caughtBy: "accepts bytes and answers nothing is found dead",
    says: "Expected within 60 s: the client connects.",
    passes: "a connection without `welcome` is given up",
  },
  {
    title: "gives new numbers to everything after a refusal and a loss",
    changes: [["src/client/outbox.ts", "isSameEpoch && (item.id ?? 0) <= lastId", "isSameEpoch && item.id === null"]],
    caughtBy: "after a refusal and a loss, ids up to lastId keep their numbers",
    says: 'The client sent {"type":"send","id":4,"to":"bob","body":"b"}.',
    passes: "out of order means: send it again",
  },
  {
    title: "treats 4409 as a lost connection",
    changes: [["src/client/close-reason.ts", "4406, 4409", "4406"]],
    caughtBy: "after `closing` with 4409 replaced",
    says: 'the client prints {"is":"stopped","code":4409}. It did not come.',
    passes: "after `closing` with 4403 forbidden",
  },
  {
    title: "drops the text at `accepted`",
    changes: [["src/client/leader.ts", "if (draft !== null) this.#log.addAccepted(draft, run, back);", ""]],
    caughtBy: "shown with it when `accepted` comes before it",
    says: '"body":"hello"}. It did not come.',
    passes: "what is sent again on the next connection is shown once",
  },
  {
    title: "acknowledges nothing",
    changes: [["src/client/ack-policy.ts", 'this.#connection.send(`{"type":"ack","seq":${seq}}`);', ""]],
    caughtBy: "the client acknowledges each text of a full window",
    says: "an `ack` of 1. It did not come.",
    passes: "refused upgrades are tried again",
  },
  {
    title: "acknowledges before it has stored",
    changes: [
      SLOW_DISK,
      [
        "src/client/leader.ts",
        "textEnded: () => this.#writes.flush(),",
        "textEnded: () => {\n        this.#acks.setStored(this.#log.position.cursor);\n        this.#acks.send();\n        this.#writes.flush();\n      },",
      ],
    ],
    caughtBy: "killed when its ack arrives has stored what it acknowledged",
    says: "The client acknowledged 400, and has only 0 after SIGKILL.",
    passes: "killed between its own message and `accepted`",
  },
  {
    title: "ignores another epoch",
    changes: [
      ["src/client/apply-frames.ts", "if (epoch === before) return true;", "if (before !== null) return true;"],
    ],
    caughtBy: "another epoch: the log starts over",
    says: 'The client sent {"type":"send","id":1,',
    passes: "after a gap in the middle",
  },
  {
    title: "shows messages twice after the mailbox was restored",
    changes: [["src/client/apply-frames.ts", "Math.min(newCount, origin - this.#row(from).origin)", "newCount"]],
    caughtBy: "restored to an older copy: nothing is shown twice",
    says: '"message 24","pending","message 23","message 24","new"',
    passes: "what is sent again on the next connection is shown once",
  },
  {
    title: "moves no cursor for an unknown frame with a seq",
    changes: [["src/client/leader.ts", "seq === null ? count", "seq === null || down === null ? count"]],
    caughtBy: "an unknown frame with a seq moves the cursor",
    says: "an `ack` of 6. It did not come.",
    passes: "an unknown frame without a seq is passed over",
  },
  {
    title: "gives up at `rate_limited`",
    changes: [
      [
        "src/client/outbox.ts",
        "if (retryAfter !== undefined) {",
        'if (retryAfter !== undefined && code !== "rate_limited") {',
      ],
    ],
    caughtBy: "after `rate_limited` a message keeps its place",
    says: "Expected: no message before its time.",
    passes: "`mailbox_full` with `retryAfter` is for later too",
  },
  {
    title: "acknowledges more than it was sent",
    changes: [["src/client/ack-policy.ts", '"ack","seq":${seq}}', '"ack","seq":${seq + 1}}']],
    caughtBy: "all kinds of log frames move the cursor",
    says: "[W2] The client acknowledges 6, and was sent 5 at most.",
    passes: "refused upgrades are tried again",
  },
  {
    title: "sends runs that were not granted",
    changes: [["src/client/outbox.ts", "this.#runs = runs;", "this.#runs = !runs;"]],
    caughtBy: "as single frames where runs are not granted",
    says: "[F8] Runs were not granted, and the client sends one.",
    passes: "a message to oneself is shown once",
  },
  {
    title: "says `read` once",
    changes: [
      ["src/client/leader.ts", 'for (const read of this.#log.reads) this.#send({ type: "read", ...read });', ""],
    ],
    caughtBy: "`read` is said again on each connection until",
    says: "the client sends `read`. It did not come.",
    passes: "`watch` is said on each connection",
  },
];

/** A copy of the SDK with these changes, each of which has to apply; the command that starts its adapter. */
function plant(changes: readonly Change[]): string {
  const folder = mkdtempSync(join(tmpdir(), "restante-planted-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const [file, text, by] of changes) {
    const before = readFileSync(join(folder, file), "utf8");
    expect(before.split(text).length, `${file} has this text once: ${text}`).toBe(2);
    writeFileSync(
      join(folder, file),
      before.replace(text, () => by),
    );
  }
  return `node ${join(folder, "test/conformance/adapters/sdk.ts")}`;
}

/** Plays the one case that has this in its name. */
async function playOnly(part: string, command: string): Promise<Outcome> {
  const [one, ...others] = CASES.filter(({ name }) => name.includes(part));
  if (one === undefined || others.length > 0) throw new Error(`"${part}" is no part of the name of one case`);
  return play(one, command);
}

test.concurrent.each(BUGS)("a client that $title is caught", async ({ changes, caughtBy, says, passes }) => {
  const command = plant(changes);
  const [caught, other] = await Promise.all([playOnly(caughtBy, command), playOnly(passes, command)]);
  expect(caught.is, caughtBy).toBe("failed");
  expect(caught.why).toContain(says);
  expect(other.is, `${passes}: ${other.why}`).toBe("passed");
});

test.concurrent("a client on a slow disk passes", async () => {
  const played = await playOnly("killed when its ack arrives has stored what it acknowledged", plant([SLOW_DISK]));
  expect(played.is, played.why).toBe("passed");
});
