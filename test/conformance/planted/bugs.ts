// Bugs that strangers built, or could build, into a client; which case catches each of them, and how.

export interface Bug {
  /** Part of the name of the case that catches it, and of the sentence with which that case fails. */
  readonly caughtBy: string;
  readonly says: string;
  /** Part of the name of a case that it leaves alone. */
  readonly passes: string;
}

/** By what the client does. The one that takes a minute is the first. */
export const BUGS = {
  "has no heartbeat": {
    caughtBy: "accepts bytes and answers nothing is found dead",
    says: "Expected within 60 s: the client connects.",
    passes: "refused upgrades are tried again",
  },
  "gives new numbers to everything after a refusal and a loss": {
    caughtBy: "after a refusal and a loss, ids up to lastId keep their numbers",
    says: 'The client sent {"type":"send","id":4,"to":"bob","body":"b"}.',
    passes: "out of order means: send it again",
  },
  "treats 4409 as a lost connection": {
    caughtBy: "after `closing` with 4409 replaced",
    says: 'the client prints {"is":"stopped","code":4409}. It did not come.',
    passes: "after `closing` with 4403 forbidden",
  },
  "drops the text at `accepted`": {
    caughtBy: "shown with it when `accepted` comes before it",
    says: '"body":"hello"}. It did not come.',
    passes: "what is sent again on the next connection is shown once",
  },
  "acknowledges nothing": {
    caughtBy: "all kinds of log frames move the cursor",
    says: "an `ack` of 5. It did not come.",
    passes: "refused upgrades are tried again",
  },
  "acknowledges before it has stored": {
    caughtBy: "killed when its ack arrives has stored what it acknowledged",
    says: "The client acknowledged 400, and has only 0 after SIGKILL.",
    passes: "a message to oneself is shown once",
  },
  "ignores another epoch": {
    caughtBy: "another epoch: the log starts over",
    says: 'The client sent {"type":"send","id":1,',
    passes: "after a gap in the middle",
  },
  "shows messages twice after the mailbox was restored": {
    caughtBy: "restored to an older copy: nothing is shown twice",
    says: '"message 24","pending","message 23","message 24","new"',
    passes: "what is sent again on the next connection is shown once",
  },
  "moves no cursor for an unknown frame with a seq": {
    caughtBy: "an unknown frame with a seq moves the cursor",
    says: "an `ack` of 6. It did not come.",
    passes: "an unknown frame without a seq is passed over",
  },
  "gives up at `rate_limited`": {
    caughtBy: "after `rate_limited` a message keeps its place",
    says: "Expected: no message before its time.",
    passes: "`mailbox_full` with `retryAfter` is for later too",
  },
  "says `read` once": {
    caughtBy: "`read` is said again on each connection until",
    says: "the client sends `read`. It did not come.",
    passes: "`watch` is said on each connection",
  },
  "acknowledges more than it was sent": {
    caughtBy: "all kinds of log frames move the cursor",
    says: "[W2] The client acknowledges 6, and was sent 5 at most.",
    passes: "refused upgrades are tried again",
  },
} as const satisfies Record<string, Bug>;

export type Title = keyof typeof BUGS;

/** A text of a file that is replaced by another. */
export type Change = readonly [file: string, text: string, by: string];

/** A client, as it is in this repository, and how each bug is planted into it. */
export interface Patient {
  readonly name: string;
  /** What a copy of it needs. */
  readonly files: readonly string[];
  /** The command that starts the copy in a folder. */
  readonly command: (folder: string) => string;
  readonly changes: Readonly<Record<Title, readonly Change[]>>;
}
