// The verbs over all users: the list of them, and an export of each.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ListedUser } from "../../src/protocol/user-list.ts";
import { type Deployment, RefusedError, TruncatedError } from "./deployment.ts";
import { exportTo } from "./export.ts";
import { table, time } from "./table.ts";
import { pastTimeOf, wrongTime } from "./times.ts";
import type { Arguments, Verb } from "./verb.ts";

interface Page {
  readonly list: "on" | "off";
  readonly users: readonly ListedUser[];
  readonly next: string | null;
}

/** Names without --count, and the most of it. Answers: a terminal or a memory full of names. */
const COUNT = { default: 1_000, max: 100_000 } as const;
/** Ms between two lines of progress. */
const PROGRESS_MS = 5_000;

const LIST_OFF = "This server has no list of users: USER_LIST is off (docs/OPERATIONS.md, Users).\n";

const filterFlags = { prefix: { type: "string" }, since: { type: "string" }, after: { type: "string" } } as const;
const filterHelp = {
  prefix: "only names that begin with it",
  since: "only names listed since a time, such as 2026-11-25T10:00:00Z, or a duration, such as 7d",
  after: "begins after this name",
};

/** The query of the flags, or what is wrong with them. */
function queryOf(given: Arguments): URLSearchParams | string {
  const since = typeof given["since"] === "string" ? pastTimeOf(given["since"], Date.now()) : 0;
  if (since === null) return wrongTime("since", String(given["since"]));
  const query = new URLSearchParams({ since: String(since) });
  for (const flag of ["prefix", "after"]) if (typeof given[flag] === "string") query.set(flag, given[flag]);
  if (given["suspended"] === true) query.set("suspended", "yes");
  return query;
}

/** The pages, each of which is requested when the last one is used up. */
async function* pagesOf(deployment: Deployment, query: URLSearchParams): AsyncGenerator<Page> {
  for (;;) {
    const page = await deployment.request<Page>("GET", `/api/admin/users?${query.toString()}`);
    yield page;
    if (page.next === null) return;
    query.set("after", page.next);
  }
}

const users: Verb = {
  args: [],
  help: [
    "lists the users by name",
    "Names that were claimed, or signed in, since USER_LIST is on. With --suspended also without it: whom operators",
    "have suspended.",
  ],
  flags: { ...filterFlags, suspended: { type: "boolean" }, count: { type: "string" } },
  flagHelp: { ...filterHelp, suspended: "only suspended users", count: `how many names; default ${COUNT.default}` },
  async run(deployment, given) {
    const query = queryOf(given);
    if (typeof query === "string") return query;
    const count = Number(given["count"] ?? COUNT.default);
    if (!(Number.isInteger(count) && count >= 1 && count <= COUNT.max)) return `--count: a number, 1 to ${COUNT.max}.`;
    const found: ListedUser[] = [];
    let list = "off";
    let hasMore = false;
    for await (const page of pagesOf(deployment, query)) {
      ({ list } = page);
      found.push(...page.users);
      hasMore = found.length > count || page.next !== null;
      if (found.length >= count) break;
    }
    const shown = found.slice(0, count);
    const next = hasMore ? (shown.at(-1)?.userName ?? null) : null;
    return { value: { list, users: shown, next }, text: usersText(shown, list, next) };
  },
};

function usersText(shown: readonly ListedUser[], list: string, next: string | null): string {
  const rows = shown.map(({ userName, listed, suspended }) => [
    userName,
    time(listed),
    suspended === null ? "" : `since ${time(suspended.at)}${until(suspended.until)}`,
  ]);
  return [
    list === "off" ? LIST_OFF : "",
    table(["name", "since", "suspended"], rows) || "There are none.\n",
    next === null ? "" : `There are more: --after ${next}\n`,
  ].join("");
}

function until(at: number | null): string {
  return at === null ? "" : ` until ${time(at)}`;
}

const exportAll: Verb = {
  args: [],
  help: [
    "exports the mailboxes of all listed users, with their messages",
    "To DIR/NAME.jsonl, one after the other. Started again, it continues: a file that is there is complete.",
    "It needs the list of users (USER_LIST).",
  ],
  flags: { ...filterFlags, out: { type: "string" } },
  flagHelp: { ...filterHelp, out: "the folder DIR, which is made if it is missing" },
  async run(deployment, given) {
    const folder = given["out"];
    if (typeof folder !== "string") return "--out is missing: a folder.";
    const query = queryOf(given);
    if (typeof query === "string") return query;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const counts = { exported: 0, skipped: 0, gone: 0, failed: [] as string[] };
    let nextLine = Date.now() + PROGRESS_MS;
    for await (const page of pagesOf(deployment, query)) {
      if (page.list === "off") return { value: page, text: LIST_OFF, isNo: true };
      for (const { userName } of page.users) {
        await exportOne(deployment, userName, folder, counts);
        if (Date.now() < nextLine) continue;
        console.error(`${counts.exported} exported, ${counts.skipped} there already, now at ${userName}`);
        nextLine = Date.now() + PROGRESS_MS;
      }
    }
    const { exported, skipped, gone, failed } = counts;
    const failures = failed.map((line) => `failed: ${line}\n`).join("");
    const text = `${failures}${exported} exported to ${folder}, ${skipped} there already, ${gone} without a mailbox\n`;
    return { value: counts, text, isNo: failed.length > 0 };
  },
};

async function exportOne(
  deployment: Deployment,
  userName: string,
  folder: string,
  counts: { exported: number; skipped: number; gone: number; failed: string[] },
): Promise<void> {
  // A name has letters and digits of any script, dots, dashes and underscores, and does not begin with a dot.
  const file = join(folder, `${userName}.jsonl`);
  if (existsSync(file)) {
    counts.skipped++;
    return;
  }
  const path = `/api/admin/users/${encodeURIComponent(userName)}/export`;
  try {
    const wrong = await exportTo(file, () => deployment.stream("GET", path));
    if (wrong === null) counts.exported++;
    else counts.failed.push(`${userName}: ${wrong}`);
  } catch (error) {
    const isGone = error instanceof RefusedError && (error.code === "unknown_receiver" || error.code === "erased");
    if (isGone) counts.gone++;
    else if (error instanceof RefusedError || error instanceof TruncatedError) {
      counts.failed.push(`${userName}: ${error.message}`);
    } else throw error;
  }
}

export const USERS = { users, "export-all": exportAll };
