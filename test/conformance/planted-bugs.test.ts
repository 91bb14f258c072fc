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
  /** Parts of the names of the case that catches it, and of one that passes. */
  readonly caughtBy: string;
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
    passes: "a connection without `welcome` is given up",
  },
  {
    title: "gives new numbers to everything after a refusal and a loss",
    changes: [["src/client/outbox.ts", "isSameEpoch && (item.id ?? 0) <= lastId", "isSameEpoch && item.id === null"]],
    caughtBy: "after a refusal and a loss, ids up to lastId keep their numbers",
    passes: "out of order means: send it again",
  },
  {
    title: "treats 4409 as a lost connection",
    changes: [["src/client/close-reason.ts", "4406, 4409", "4406"]],
    caughtBy: "after `closing` with 4409 replaced",
    passes: "after `closing` with 4403 forbidden",
  },
  {
    title: "drops the text at `accepted`",
    changes: [["src/client/leader.ts", "if (draft !== null) this.#log.addAccepted(draft, run, back);", ""]],
    caughtBy: "shown with it when `accepted` comes before it",
    passes: "what is sent again on the next connection is shown once",
  },
  {
    title: "acknowledges nothing",
    changes: [["src/client/ack-policy.ts", 'this.#connection.send(`{"type":"ack","seq":${seq}}`);', ""]],
    caughtBy: "the client acknowledges each text of a full window",
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
    passes: "killed between its own message and `accepted`",
  },
  {
    title: "ignores another epoch",
    changes: [
      ["src/client/apply-frames.ts", "if (epoch === before) return true;", "if (before !== null) return true;"],
    ],
    caughtBy: "another epoch: the log starts over",
    passes: "after a gap in the middle",
  },
  {
    title: "shows messages twice after the mailbox was restored",
    changes: [["src/client/apply-frames.ts", "Math.min(newCount, origin - this.#row(from).origin)", "newCount"]],
    caughtBy: "restored to an older copy: nothing is shown twice",
    passes: "what is sent again on the next connection is shown once",
  },
  {
    title: "moves no cursor for an unknown frame with a seq",
    changes: [["src/client/leader.ts", "seq === null ? count", "seq === null || down === null ? count"]],
    caughtBy: "an unknown frame with a seq moves the cursor",
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
    passes: "`mailbox_full` with `retryAfter` is for later too",
  },
  {
    title: "says `read` once",
    changes: [
      ["src/client/leader.ts", 'for (const read of this.#log.reads) this.#send({ type: "read", ...read });', ""],
    ],
    caughtBy: "`read` is said again on each connection until",
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

test.concurrent.each(BUGS)("a client that $title is caught", async ({ changes, caughtBy, passes }) => {
  const command = plant(changes);
  const [caught, other] = await Promise.all([playOnly(caughtBy, command), playOnly(passes, command)]);
  expect(caught.is, caughtBy).toBe("failed");
  expect(other.is, `${passes}: ${other.why}`).toBe("passed");
});

test.concurrent("a client on a slow disk passes", async () => {
  const played = await playOnly("killed when its ack arrives has stored what it acknowledged", plant([SLOW_DISK]));
  expect(played.is, played.why).toBe("passed");
});
