// The verb for the audit: who did what, to whom, when, and from where.
import type { AuditLine as StoredLine } from "../../src/protocol/audit.ts";
import { table, time } from "./table.ts";
import { pastTimeOf, wrongTime } from "./times.ts";
import type { Verb } from "./verb.ts";

type AuditLine = Omit<StoredLine, "detail"> & { readonly detail: Readonly<Record<string, unknown>> };

/** Lines without --last, and the most of it. Answers: a terminal or a memory full of lines. */
const LINES = { default: 100, max: 100_000 } as const;

export const audit: Verb = {
  args: [],
  help: [
    "shows what operators did, the newest last",
    "With the operator (`secret` for ADMIN_TOKEN, or a service account and the id of its token), the network, and the",
    "result: `done`, the code of a refusal, or ? where the server ended before it was known.",
    "The server keeps the newest 100,000 actions, 20,000 looks and 2,000 networks with attempts.",
  ],
  flags: {
    looks: { type: "boolean" },
    attempts: { type: "boolean" },
    user: { type: "string" },
    operator: { type: "string" },
    since: { type: "string" },
    last: { type: "string" },
  },
  flagHelp: {
    looks: "shows looks at the data of users instead",
    attempts: "shows networks with wrong operator tokens instead",
    user: "only about this user or service account",
    operator: "only by this operator: `secret`, or a service account",
    since: "only since a time, such as 2026-11-25T10:00:00Z, or a duration, such as 7d",
    last: `how many lines; default ${LINES.default}`,
  },
  async run(deployment, given) {
    const since = typeof given["since"] === "string" ? pastTimeOf(given["since"], Date.now()) : 0;
    if (since === null) return wrongTime("since", String(given["since"]));
    const last = Number(given["last"] ?? LINES.default);
    if (!(Number.isInteger(last) && last >= 1 && last <= LINES.max)) return `--last: a number, 1 to ${LINES.max}.`;
    if (given["looks"] === true && given["attempts"] === true) return "--looks and --attempts exclude each other.";
    const of = given["looks"] === true ? "looks" : given["attempts"] === true ? "attempts" : "actions";
    const query = new URLSearchParams({ of, since: String(since) });
    for (const flag of ["user", "operator"]) {
      if (typeof given[flag] === "string") query.set(flag, given[flag]);
    }
    const lines: AuditLine[] = [];
    for (let next: number | null = null; ;) {
      if (next !== null) query.set("before", String(next));
      const page: { lines: AuditLine[]; next: number | null } = await deployment.request(
        "GET",
        `/api/admin/audit?${query.toString()}`,
      );
      lines.push(...page.lines);
      next = page.next;
      if (next === null || lines.length >= last) break;
    }
    const value = lines.slice(0, last).toReversed();
    return { value, text: (of === "attempts" ? attemptsText(value) : linesText(value, of)) || "There are none.\n" };
  },
};

function linesText(lines: readonly AuditLine[], of: "actions" | "looks"): string {
  const rows = lines.map(({ at, action, user, operator, operatorToken, network, result, detail }) => [
    time(at),
    [operator ?? "?", operatorToken].filter((part) => part !== null).join(" "),
    network,
    action,
    user ?? "–",
    ...(of === "actions" ? [result ?? "?"] : []),
    Object.keys(detail).length === 0 ? "" : JSON.stringify(detail),
  ]);
  const heads = ["time", "operator", "network", "action", "user", ...(of === "actions" ? ["result"] : []), "details"];
  return table(heads, rows);
}

function attemptsText(lines: readonly AuditLine[]): string {
  const rows = lines.map(({ at, last, network, count, result }) => [
    network,
    count,
    time(at),
    time(last),
    result ?? "",
  ]);
  return table(["network", "times, at least", "first", "last", "refusal"], rows);
}
