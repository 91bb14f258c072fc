// The verbs for users' reports: list, show with the chosen messages, resolve.
import type { Report } from "../../src/protocol/reports.ts";
import { list, table, time, titled } from "./table.ts";
import type { Verb } from "./verb.ts";

const REPORTS = "/api/admin/reports";

interface ShownReport extends Report {
  readonly messages: readonly { readonly from?: string; readonly at?: number; readonly body?: unknown }[];
}

const isId = (text: string) => /^\d{1,15}$/.test(text);

const reports: Verb = {
  args: [],
  help: [
    "lists users' reports that are unresolved, the newest first",
    "Without the messages: `report show ID` has those that the reporter chose to show.",
  ],
  flags: { user: { type: "string" }, resolved: { type: "boolean" } },
  flagHelp: { user: "only reports about this user", resolved: "resolved reports instead; they are kept for 90 days" },
  async run(deployment, given) {
    const query = new URLSearchParams({ state: given["resolved"] === true ? "resolved" : "open" });
    if (typeof given["user"] === "string") query.set("user", given["user"]);
    const value: Report[] = [];
    for (let next: number | null = null; ;) {
      if (next !== null) query.set("before", String(next));
      const page: { reports: Report[]; next: number | null } = await deployment.request(
        "GET",
        `${REPORTS}?${query.toString()}`,
      );
      value.push(...page.reports);
      next = page.next;
      if (next === null) break;
    }
    const rows = value.map(({ id, at, user, reporter, reason, note }) => [id, time(at), user, reporter, reason, note]);
    return { value, text: table(["id", "time", "about", "by", "reason", "note"], rows) || "There are none.\n" };
  },
};

const show: Verb = {
  args: ["ID"],
  help: ["shows a report with the messages that the reporter chose to show", "The audit says who read it."],
  async run(deployment, { positionals: [id = ""] }) {
    if (!isId(id)) return `ID is a number, not ${JSON.stringify(id)}.`;
    const value = await deployment.request<ShownReport>("GET", `${REPORTS}/${id}`);
    const top = list([
      ["report", value.id],
      ["about", value.user],
      ["by", `${value.reporter}, ${time(value.at)}`],
      ["reason", `${value.reason}${value.note && `: ${value.note}`}`],
      ["resolved", value.resolved === null ? "no" : `${time(value.resolved)} by ${value.resolvedBy ?? "?"}`],
      ["resolution", value.resolution ?? "–"],
    ]);
    const rows = value.messages.map(({ from, at, body }) => [
      time(at ?? 0),
      from ?? value.reporter,
      typeof body === "string" ? body : JSON.stringify(body),
    ]);
    return { value, text: `${top}${titled("Messages", table(["time", "from", "body"], rows))}` };
  },
};

const resolve: Verb = {
  args: ["ID"],
  help: ["resolves a report", "It does nothing to the reported user: see `suspend`."],
  flags: { note: { type: "string" } },
  flagHelp: { note: "what was done, for other operators" },
  async run(deployment, { positionals: [id = ""], note }) {
    if (!isId(id)) return `ID is a number, not ${JSON.stringify(id)}.`;
    const body = typeof note === "string" ? { resolution: note } : {};
    const value = await deployment.request<Report>("PUT", `${REPORTS}/${id}/resolution`, body);
    return { value, text: `${id} is resolved by ${value.resolvedBy ?? "?"}, ${time(value.resolved)}\n` };
  },
};

export const REPORT = { reports, "report show": show, "report resolve": resolve };
