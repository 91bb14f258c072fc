// One shard of the census: the number of sockets of each of its users, as their mailboxes last reported. Bounded audits
// correct numbers that a crash left behind: when the shard is first read after a start, and seldom while it is queried.
import { DurableObject } from "cloudflare:workers";
import { CachedValue } from "../protocol/cached-value.ts";
import { CENSUS_SHARDS, type CensusCalls, type OnlineCount, sumOfCounts } from "../protocol/census.ts";
import type { CounterValues } from "../protocol/counters.ts";
import { withJurisdiction } from "../protocol/jurisdiction.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { valueOf } from "../protocol/variables.ts";
import { IsolateCounters } from "./isolate-counters.ts";
import { startedShards } from "./started-shards.ts";

/**
 * Mailboxes queried in one audit, and least ms between two audits: after one that found a wrong number, and after one
 * that found none. Answers: an anonymous query that wakes all mailboxes, and whose wakes cost more than the query.
 */
const MAX_AUDITED = 8;
const AUDIT_MS = 5_000;
const QUIET_AUDIT_MS = 900_000;
/** The share of an event's calls that the audits after a start may take: the rest is for the sum over all shards. */
const START_SHARE = 0.5;
/** Ms that a reader waits for the audit after a start. */
const START_WAIT_MS = 2_000;
/** Ms for which shard 0 caches the sum over all shards. Answers: anonymous queries that each ask every shard. */
const SUM_CACHE_MS = 30_000;
/** The timeout of a mailbox's response, ms; audits never overlap. Answers: calls that pile up when mailboxes hang. */
const CALL_MS = 10_000;
/** Numbers younger than this, ms, are not audited. */
const FRESH_MS = 60_000;

interface Row {
  readonly user: string;
  readonly sockets: number;
  readonly at: number;
}

export class Census extends DurableObject<Env> implements CensusCalls {
  readonly #sql: SqlStorage;
  readonly #isolateCounters: IsolateCounters;
  readonly #online: { users: number; sockets: number };
  #auditedAt = 0;
  #auditEveryMs = AUDIT_MS;
  #isAuditing = false;
  /** The audit proceeds in the order of names, after this one. */
  #lastAudited = "";
  /** Rows up to this time, ms since 1970, may be of before a crash; 0 once they were audited. */
  #doubtedUpTo = 0;
  #startAudit: Promise<void> | null = null;
  readonly #sum = new CachedValue<OnlineCount>(() => SUM_CACHE_MS, CALL_MS);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withJurisdiction(env));
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS online (user TEXT PRIMARY KEY, sockets INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    );
    this.#sql.exec("CREATE TABLE IF NOT EXISTS erasing (user TEXT PRIMARY KEY) WITHOUT ROWID");
    this.#isolateCounters = new IsolateCounters(this.#sql);
    const [sum] = this.#rows<OnlineCount>("SELECT count(*) AS users, coalesce(sum(sockets), 0) AS sockets FROM online");
    this.#online = { users: sum?.users ?? 0, sockets: sum?.sockets ?? 0 };
    const id = ctx.id.toString();
    if (!startedShards.has(id)) this.#doubtedUpTo = Date.now();
    startedShards.add(id);
  }

  /** Stores a user's number of sockets. It is absolute, so a repeated report changes nothing. */
  report(user: string, sockets: number): Promise<OnlineCount> {
    this.#set(user, sockets);
    return Promise.resolve({ ...this.#online });
  }

  /**
   * A row while a mailbox has no file: if the erasure is interrupted, the name stays taken (mailbox/log/tombstone.ts).
   */
  erasing(user: string, isUnderWay: boolean): Promise<void> {
    const statement = isUnderWay
      ? "INSERT OR IGNORE INTO erasing (user) VALUES (?)"
      : "DELETE FROM erasing WHERE user = ?";
    this.#sql.exec(statement, user);
    return Promise.resolve();
  }

  isErasing(user: string): Promise<boolean> {
    return Promise.resolve(this.#rows("SELECT 1 FROM erasing WHERE user = ?", user).length > 0);
  }

  async count(): Promise<OnlineCount> {
    await this.#auditAfterStart();
    if (Date.now() - this.#auditedAt >= this.#auditEveryMs && !this.#isAuditing) {
      this.#auditedAt = Date.now();
      this.ctx.waitUntil(this.audit(Date.now() - FRESH_MS));
    }
    return { ...this.#online };
  }

  /** The sum over all shards; at most SUM_CACHE_MS old if `isCached`. For shard 0. */
  countAll(isCached: boolean): Promise<OnlineCount> {
    const compute = async () => {
      const others = Array.from({ length: CENSUS_SHARDS - 1 }, (_, other) =>
        withTimeout(this.env.CENSUS.getByName(String(other + 1)).count(), CALL_MS),
      );
      return sumOfCounts(await Promise.all([this.count(), ...others]));
    };
    return isCached ? this.#sum.get(compute, (work) => this.ctx.waitUntil(work)) : compute();
  }

  usersOnline(after: string, limit: number): Promise<string[]> {
    const rows = this.#rows<Row>("SELECT user FROM online WHERE user > ? ORDER BY user LIMIT ?", after, limit);
    return Promise.resolve(rows.map(({ user }) => user));
  }

  /** Stores an isolate's counters. They are absolute, so a repeated report changes nothing. */
  counted(reporter: string, figures: string): Promise<void> {
    this.#isolateCounters.put(reporter, figures);
    return Promise.resolve();
  }

  /** The numbers online and the counters of this shard. Calls mailboxes after a start alone. */
  async figures(): Promise<{ readonly online: OnlineCount; readonly figures: CounterValues }> {
    await this.#auditAfterStart();
    return { online: { ...this.#online }, figures: this.#isolateCounters.total() };
  }

  /** Whether this object and its disk respond. */
  ping(): Promise<boolean> {
    return Promise.resolve(this.#rows("SELECT 1").length === 1);
  }

  /** Queries mailboxes that have not reported since `before` (ms since 1970); returns how many. */
  async audit(before: number): Promise<number> {
    const query = "SELECT * FROM online WHERE user > ? AND at <= ? ORDER BY user LIMIT ?";
    const rows = this.#rows<Row>(query, this.#lastAudited, before, MAX_AUDITED);
    this.#lastAudited = rows.length < MAX_AUDITED ? "" : (rows.at(-1)?.user ?? "");
    this.#auditEveryMs = QUIET_AUDIT_MS;
    this.#isAuditing = true;
    const corrected = await Promise.all(rows.map((row) => this.#auditMailbox(row)));
    this.#isAuditing = false;
    if (corrected.includes(true)) this.#auditEveryMs = AUDIT_MS;
    return rows.length;
  }

  /** Waits for the audit of rows that may be of before a crash, with a limit. Its rest continues with the next read. */
  async #auditAfterStart(): Promise<void> {
    if (this.#doubtedUpTo === 0) return;
    if (this.#startAudit === null) {
      this.#startAudit = this.#auditDoubted().finally(() => (this.#startAudit = null));
      this.ctx.waitUntil(this.#startAudit);
    }
    await withTimeout(this.#startAudit, START_WAIT_MS).catch(() => undefined);
  }

  /** Audits the doubted rows until a round finds no wrong one: after a crash all of them are wrong. */
  async #auditDoubted(): Promise<void> {
    const rounds = Math.max(1, Math.floor((valueOf(this.env, "CALLS_PER_EVENT") * START_SHARE) / MAX_AUDITED));
    for (let round = 0; round < rounds && this.#doubtedUpTo > 0; round++) {
      const asked = await this.audit(this.#doubtedUpTo);
      if (asked < MAX_AUDITED || this.#auditEveryMs === QUIET_AUDIT_MS) this.#doubtedUpTo = 0;
    }
  }

  /** Corrects a wrong number; returns whether it was wrong. */
  async #auditMailbox(row: Row): Promise<boolean> {
    try {
      const sockets = await withTimeout(this.env.MAILBOX.getByName(row.user).countSockets(row.user), CALL_MS);
      const [now] = this.#rows<Row>("SELECT * FROM online WHERE user = ?", row.user);
      // A report that arrived meanwhile is newer.
      const isWrong = now?.at === row.at && sockets !== row.sockets;
      if (isWrong) this.#set(row.user, sockets);
      return isWrong;
    } catch (error) {
      logEvent("audit_failed", { user: row.user, reason: reasonOf(error) });
      return false;
    }
  }

  #set(user: string, sockets: number): void {
    const [known] = this.#rows<Row>("SELECT * FROM online WHERE user = ?", user);
    this.#online.sockets += sockets - (known?.sockets ?? 0);
    this.#online.users += Number(sockets > 0) - Number(known !== undefined);
    if (sockets > 0) this.#sql.exec("INSERT OR REPLACE INTO online VALUES (?, ?, ?)", user, sockets, Date.now());
    else if (known !== undefined) this.#sql.exec("DELETE FROM online WHERE user = ?", user);
  }

  #rows<T>(query: string, ...bindings: (string | number)[]): T[] {
    return this.#sql.exec(query, ...bindings).toArray() as T[];
  }
}
