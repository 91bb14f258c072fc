// The verbs that lock a user out and limit them: suspend, resume, quotas.
import type { Suspension } from "../../src/protocol/operator-orders.ts";
import { list, number, time } from "./table.ts";
import { durationOf, timeOf, wrongTime } from "./times.ts";
import type { Arguments, Verb } from "./verb.ts";

const userPath = ({ positionals }: Arguments) => `/api/admin/users/${encodeURIComponent(positionals[0] ?? "")}`;
const nameIn = ({ positionals }: Arguments) => positionals[0] ?? "";

/** When the suspension ends; null for never. A string: what is wrong with the flags. */
function endOf(given: Arguments): number | null | string {
  const [until, length] = [given["until"], given["for"]];
  if (typeof until === "string" && typeof length === "string") return "--until and --for exclude each other.";
  if (typeof until === "string") return timeOf(until) ?? wrongTime("until", until, false);
  if (typeof length !== "string") return null;
  const ms = durationOf(length);
  return ms === null || ms === 0
    ? `--for ${length}: it must be a duration, such as 90min, 36h or 7d.`
    : Date.now() + ms;
}

const suspend: Verb = {
  args: ["NAME"],
  help: [
    "suspends a user, until a time or until `resume`",
    "Sockets are closed (4403), messages to the user are declined, and the user can only export or erase. The mailbox",
    "is kept. Again for a suspended user: it replaces the end, and the reason if there is one.",
  ],
  flags: { reason: { type: "string" }, until: { type: "string" }, for: { type: "string" } },
  flagHelp: {
    reason: "a note for operators, shown by `user`; the suspended user does not see it",
    until: "when it ends, such as 2026-12-24T18:00:00Z",
    for: "how long it lasts, such as 36h or 7d",
  },
  async run(deployment, given) {
    const until = endOf(given);
    if (typeof until === "string") return until;
    const reason = typeof given["reason"] === "string" ? given["reason"] : "";
    const body = { reason, ...(until !== null && { until }) };
    const value = await deployment.request<Suspension>("PUT", `${userPath(given)}/suspension`, body);
    const end = value.until === null ? "" : ` until ${time(value.until)}`;
    return { value, text: `${nameIn(given)} is suspended since ${time(value.at)}${end}\n` };
  },
};

const resume: Verb = {
  args: ["NAME"],
  help: ["lifts a suspension"],
  async run(deployment, given) {
    await deployment.request("DELETE", `${userPath(given)}/suspension`);
    return { value: { suspended: null }, text: `${nameIn(given)} is no longer suspended\n` };
  },
};

const quotas: Verb = {
  args: ["NAME"],
  help: [
    "sets limits of one user in place of the deployment's",
    "By the names of the variables in docs/VARIABLES.md: SENDS_PER_SECOND, MAILBOX_BYTES and the others. `user` shows",
    "them, and which limits refused something lately.",
  ],
  flags: { set: { type: "string", multiple: true }, unset: { type: "string", multiple: true } },
  flagHelp: {
    set: "LIMIT=NUMBER, such as MAILBOX_BYTES=2000000000; may be repeated",
    unset: "LIMIT: the deployment's applies again; may be repeated",
  },
  async run(deployment, given) {
    const change = new Map<string, number | null>();
    for (const text of (given["set"] ?? []) as string[]) {
      const [, limit, value] = /^([A-Z_]+)=(\d{1,15})$/.exec(text) ?? [];
      if (limit === undefined) return `--set ${text}: it must be LIMIT=NUMBER, such as SENDS_PER_SECOND=50.`;
      change.set(limit, Number(value));
    }
    for (const limit of (given["unset"] ?? []) as string[]) change.set(limit, null);
    if (change.size === 0) return "--set LIMIT=NUMBER or --unset LIMIT is missing.";
    const value = await deployment.request<Record<string, number>>(
      "PATCH",
      `${userPath(given)}/quotas`,
      Object.fromEntries(change),
    );
    const pairs = Object.entries(value).map(([limit, one]) => [limit, number(one)] as const);
    return { value, text: pairs.length === 0 ? "no quotas of their own\n" : list(pairs) };
  },
};

export const SUSPENSION = { suspend, resume, quotas };
