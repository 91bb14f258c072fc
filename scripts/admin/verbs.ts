// The verbs: the arguments of each, its request to the deployment, and its output. `--json` prints the response itself.
import type { MailboxOverview, Trace } from "../../src/protocol/operator-orders.ts";
import { audit } from "./audit.ts";
import { exportOut, exportTo, exportValues } from "./export.ts";
import { readLogs } from "./logs.ts";
import { REPORT } from "./reports.ts";
import { SERVICE } from "./service.ts";
import { statsText, type Stats } from "./stats.ts";
import { SUSPENSION } from "./suspension.ts";
import { time } from "./table.ts";
import { traceText } from "./trace.ts";
import { userText } from "./user.ts";
import { USERS } from "./users.ts";
import type { Arguments, Verb } from "./verb.ts";

const userPath = ({ positionals }: Arguments) => `/api/admin/users/${encodeURIComponent(positionals[0] ?? "")}`;
const nameIn = ({ positionals }: Arguments) => positionals[0] ?? "";
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

const stats: Verb = {
  args: [],
  help: ["shows numbers online and counters", "docs/OPERATIONS.md explains each number. Numbers may lag by 10 s."],
  async run(deployment) {
    const value = await deployment.request<Stats>("GET", "/api/admin/stats");
    return { value, text: statsText(value) };
  },
};

const user: Verb = {
  args: ["NAME"],
  help: [
    "shows the state of a mailbox: devices, sockets, head, backlog, sizes",
    "Never a message. Inspecting an unknown name creates nothing.",
  ],
  async run(deployment, given) {
    const value = await deployment.request<MailboxOverview>("GET", userPath(given));
    return { value, text: userText(value, Date.now()), isNo: value.is === "nobody" };
  },
};

const disconnect: Verb = {
  args: ["NAME"],
  help: ["closes a user's sockets", "Clients may reconnect at once. To prevent that: npm run admin -- suspend --help."],
  flags: { device: { type: "string" } },
  flagHelp: { device: "only those of this device, by its name in `user`" },
  async run(deployment, given) {
    const device = textOf(given["device"]);
    const body = device === undefined ? {} : { device };
    const value = await deployment.request<{ closed: number }>("POST", `${userPath(given)}/disconnect`, body);
    return { value, text: `${value.closed} closed\n` };
  },
};

const trace: Verb = {
  args: ["USER", "SEQ"],
  help: [
    "traces one message over both mailboxes",
    "USER is its author or receiver, and SEQ its number in USER's log: `entry` of an `accepted`, `seq` of a `message`.",
    "Shows what both mailboxes store. With the server's log, it also shows retries, and when the receiver's devices",
    "connected and disconnected.",
  ],
  flags: { logs: { type: "string" } },
  flagHelp: {
    logs: "a file with the server's log, one JSON a line: its own output, or that of `wrangler tail --format json`",
  },
  async run(deployment, given) {
    const seq = given.positionals[1] ?? "";
    if (!/^\d{1,16}$/.test(seq)) return `SEQ is a number, not ${JSON.stringify(seq)}.`;
    const file = textOf(given["logs"]);
    const found = await deployment.request<Trace>("GET", `${userPath(given)}/messages/${seq}`);
    const logs = file === undefined ? [] : await readLogs(file, found);
    if (typeof logs === "string") return logs;
    return { value: file === undefined ? found : { ...found, logs }, text: traceText(found, logs, Date.now()) };
  },
};

const exportUser: Verb = {
  args: ["NAME"],
  help: [
    "exports a user's whole mailbox, with its messages",
    "As JSON Lines, to standard output or a file. The last line has the number of lines before it; until it arrives,",
    "the file is named FILE.part.",
  ],
  flags: { out: { type: "string" } },
  flagHelp: { out: "the file, which must not exist" },
  async run(deployment, given) {
    const out = textOf(given["out"]);
    const open = () => deployment.stream("GET", `${userPath(given)}/export`);
    if (out !== undefined) {
      const wrong = await exportTo(out, open);
      return wrong ?? { value: { out }, text: `written to ${out}\n` };
    }
    if (given["json"] === true) return { value: await exportValues(await open()), text: "" };
    await exportOut(await open(), process.stdout);
    return { value: null, text: "" };
  },
};

const restore: Verb = {
  args: ["NAME"],
  help: [
    "restores a mailbox to a time within the last 30 days",
    "By Cloudflare's point-in-time recovery; there is none elsewhere. Messages to the user since then are sent again",
    "by their authors' mailboxes; the user's own messages since then stay with their receivers. Prints the platform's",
    "bookmark of the state before.",
  ],
  flags: { to: { type: "string" } },
  flagHelp: { to: "the time, such as 2026-11-25T10:00:00Z" },
  async run(deployment, given) {
    const to = textOf(given["to"]) ?? "";
    const at = Date.parse(to);
    if (!(at > 0)) return `--to ${to}: it must be a time, such as 2026-11-25T10:00:00Z.`;
    const value = await deployment.request<{ undo: string }>("POST", `${userPath(given)}/restore`, { at });
    return {
      value,
      text: `${nameIn(given)} is restored to ${time(at)}\nbookmark of the state before: ${value.undo}\n`,
    };
  },
};

const erase: Verb = {
  args: ["NAME"],
  help: [
    "erases a user permanently",
    "Deletes the whole mailbox. The name can't be claimed again. Messages in other users' mailboxes stay.",
  ],
  flags: { yes: { type: "boolean" } },
  flagHelp: { yes: "confirms; without it nothing is done" },
  async run(deployment, given) {
    if (given["yes"] !== true) return `This can't be undone: to erase ${nameIn(given)}, add --yes.`;
    await deployment.request("DELETE", userPath(given));
    return { value: { erased: nameIn(given) }, text: `${nameIn(given)} is erased\n` };
  },
};

export const VERBS: ReadonlyMap<string, Verb> = new Map(
  Object.entries({
    stats,
    user,
    disconnect,
    ...SUSPENSION,
    trace,
    export: exportUser,
    restore,
    erase,
    audit,
    ...USERS,
    ...REPORT,
    ...SERVICE,
  }),
);
