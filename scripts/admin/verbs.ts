// The verbs: what each takes, what it asks of the deployment, and how the answer looks. The answer itself is what `--json` prints.
import type { Overview, Trace } from "../../src/protocol/operator-orders.ts";
import type { Deployment } from "./deployment.ts";
import { exportOut, exportTo, exportValues } from "./export.ts";
import { readLogs } from "./logs.ts";
import { SERVICE } from "./service.ts";
import { statsText, type Stats } from "./stats.ts";
import { time } from "./table.ts";
import { traceText } from "./trace.ts";
import { userText } from "./user.ts";

/** What was given: the positionals, and the flags by their names. */
export interface Given {
  readonly positionals: readonly string[];
  readonly [flag: string]: unknown;
}

/** An answer, for machines and for people; `isNo`: it is none that was hoped for. A string says what was wrong with the question. */
export type Found = { readonly value: unknown; readonly text: string; readonly isNo?: boolean } | string;

export interface Verb {
  readonly takes: readonly string[];
  /** The first line stands in the overview. */
  readonly about: readonly [string, ...string[]];
  readonly options?: Readonly<Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>>;
  /** What each flag means. */
  readonly tells?: Readonly<Record<string, string>>;
  does(deployment: Deployment, given: Given): Promise<Found>;
}

const userPath = ({ positionals }: Given) => `/api/admin/users/${encodeURIComponent(positionals[0] ?? "")}`;
const nameIn = ({ positionals }: Given) => positionals[0] ?? "";
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

const stats: Verb = {
  takes: [],
  about: [
    "who is online, and what was counted",
    "What each number means: docs/OPERATIONS.md. Numbers may lag by some seconds.",
  ],
  async does(deployment) {
    const value = await deployment.ask<Stats>("GET", "/api/admin/stats");
    return { value, text: statsText(value) };
  },
};

const user: Verb = {
  takes: ["NAME"],
  about: [
    "how a mailbox is: devices, sockets, head, backlog, sizes",
    "Never a message. To ask about a name that nobody has leaves no trace.",
  ],
  async does(deployment, given) {
    const value = await deployment.ask<Overview>("GET", userPath(given));
    return { value, text: userText(value, Date.now()), isNo: value.is === "nobody" };
  },
};

const disconnect: Verb = {
  takes: ["NAME"],
  about: [
    "closes a user's sockets",
    "They may come back at once. Whoever must not is suspended: npm run admin -- suspend --help.",
  ],
  options: { device: { type: "string" } },
  tells: { device: "only those of this device, by the name that `user` shows" },
  async does(deployment, given) {
    const device = textOf(given["device"]);
    const body = device === undefined ? {} : { device };
    const value = await deployment.ask<{ closed: number }>("POST", `${userPath(given)}/disconnect`, body);
    return { value, text: `${value.closed} closed\n` };
  },
};

const suspend: Verb = {
  takes: ["NAME"],
  about: [
    "puts a user out, until `resume`",
    "Sockets are closed (4403), what is sent to it is declined, and its user can only export or erase it. Nothing is lost.",
  ],
  options: { reason: { type: "string" } },
  tells: { reason: "a note for operators, which `user` shows; the user does not see it" },
  async does(deployment, given) {
    const reason = textOf(given["reason"]) ?? "";
    const value = await deployment.ask<{ at: number }>("PUT", `${userPath(given)}/suspension`, { reason });
    return { value, text: `${nameIn(given)} is suspended since ${time(value.at)}\n` };
  },
};

const resume: Verb = {
  takes: ["NAME"],
  about: ["lets a suspended user in again"],
  async does(deployment, given) {
    await deployment.ask("DELETE", `${userPath(given)}/suspension`);
    return { value: { suspended: null }, text: `${nameIn(given)} may come in\n` };
  },
};

const trace: Verb = {
  takes: ["USER", "SEQ"],
  about: [
    "the life of one message, over both mailboxes",
    "USER wrote or got it, and SEQ is its number in USER's log: `entry` of an `accepted`, `seq` of a `message`. What is shown is what both",
    "mailboxes store. With the log of the server also the tries, and when the receiver's devices came and went.",
  ],
  options: { logs: { type: "string" } },
  tells: {
    logs: "a file with the server's log, one JSON a line: its own output, or that of `wrangler tail --format json`",
  },
  async does(deployment, given) {
    const seq = given.positionals[1] ?? "";
    if (!/^\d{1,16}$/.test(seq)) return `SEQ is a number, not ${JSON.stringify(seq)}.`;
    const file = textOf(given["logs"]);
    const found = await deployment.ask<Trace>("GET", `${userPath(given)}/messages/${seq}`);
    const logs = file === undefined ? [] : await readLogs(file, found);
    if (typeof logs === "string") return logs;
    return { value: file === undefined ? found : { ...found, logs }, text: traceText(found, logs, Date.now()) };
  },
};

const exported: Verb = {
  takes: ["NAME"],
  about: [
    "takes along everything that a user's mailbox keeps, messages too",
    "As JSON Lines, to standard output or into a file. The last line says how many there are before it; a file is called FILE.part until it",
    "has that line.",
  ],
  options: { out: { type: "string" } },
  tells: { out: "the file; it must not exist" },
  async does(deployment, given) {
    const out = textOf(given["out"]);
    const asked = () => deployment.read("GET", `${userPath(given)}/export`);
    if (out !== undefined) {
      const wrong = await exportTo(out, asked);
      return wrong ?? { value: { out }, text: `written to ${out}\n` };
    }
    if (given["json"] === true) return { value: await exportValues(await asked()), text: "" };
    await exportOut(await asked(), process.stdout);
    return { value: null, text: "" };
  },
};

const restore: Verb = {
  takes: ["NAME"],
  about: [
    "sets a mailbox back to how it was at a time, within 30 days",
    "By Cloudflare's point-in-time recovery; there is none elsewhere. What was sent to it since is sent again by those who sent it; what its",
    "user sent since stays with those who got it. It prints the platform's bookmark of how it was before.",
  ],
  options: { to: { type: "string" } },
  tells: { to: "the time, as 2026-11-25T10:00:00Z" },
  async does(deployment, given) {
    const to = textOf(given["to"]) ?? "";
    const at = Date.parse(to);
    if (!(at > 0)) return `--to ${to}: it is a time, as 2026-11-25T10:00:00Z.`;
    const value = await deployment.ask<{ undo: string }>("POST", `${userPath(given)}/restore`, { at });
    return { value, text: `${nameIn(given)} is as it was at ${time(at)}\nbefore that it was ${value.undo}\n` };
  },
};

const erase: Verb = {
  takes: ["NAME"],
  about: [
    "erases a user for good",
    "Everything in the mailbox is gone, and the name is given to nobody again. What others have of their messages stays theirs.",
  ],
  options: { yes: { type: "boolean" } },
  tells: { yes: "without it nothing is done" },
  async does(deployment, given) {
    if (given["yes"] !== true) return `This can't be undone: to erase ${nameIn(given)}, say --yes too.`;
    await deployment.ask("DELETE", userPath(given));
    return { value: { erased: nameIn(given) }, text: `${nameIn(given)} is erased\n` };
  },
};

export const VERBS: ReadonlyMap<string, Verb> = new Map(
  Object.entries({ stats, user, disconnect, suspend, resume, trace, export: exported, restore, erase, ...SERVICE }),
);
