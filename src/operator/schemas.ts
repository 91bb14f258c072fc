// Schemas of the responses to operators.
import { z } from "@hono/zod-openapi";
import { canonicalName, device, logFrame, seq, time } from "../api/schemas.ts";
import { codesIn } from "../protocol/refusals.ts";
import { QUOTA_NAMES } from "../protocol/own-quotas.ts";
import { AUTH_MODES } from "../protocol/variables.ts";
import { PLAIN, V1 } from "../protocol/version.ts";

const count = z.int();
const nextTry = time.nullable().meta({ description: "When the next try is due; null if none" });

const deviceFacts = z.object({
  device,
  cursor: seq.meta({ description: "The seq up to which it has everything" }),
  behind: count.meta({ description: "Entries that it does not have" }),
  lastId: z.int(),
  seen: time.meta({ description: "When its last connection ended; 0 for never" }),
  online: z.boolean(),
});

export const suspension = z.object({
  at: time,
  reason: z.string(),
  until: time.nullable().meta({ description: "Null: until an operator lifts it" }),
});

/** The quotas that operators set for one user, by the names of the variables. */
export const ownQuotas = z.partialRecord(z.enum(QUOTA_NAMES), count);

export const overview = z
  .object({
    userName: canonicalName,
    is: z.enum(["user", "service", "erased", "nobody"]),
    created: time.nullable(),
    suspended: suspension.nullable(),
    epoch: z.string().nullable(),
    head: seq,
    unseen: count.meta({ description: "Messages of peers that no device has" }),
    sizes: z.object({ bytes: count, entries: count, conversations: count }),
    trimmed: seq.meta({ description: "Retention removed entries up to here" }),
    devices: z.array(deviceFacts),
    signedIn: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        created: time,
        seen: time,
        online: z.boolean(),
        current: z.boolean(),
      }),
    ),
    passkeys: count,
    sockets: z.array(
      z.object({
        device: z.string(),
        dialect: z.enum([V1, PLAIN]),
        since: time,
        position: seq,
        acked: seq,
        unacked: z.object({ frames: count, bytes: count }),
      }),
    ),
    owing: z
      .array(z.object({ peer: canonicalName, messages: count, since: time }))
      .meta({ description: "Peers with unsettled messages, the oldest first; at most 20" }),
    alarm: nextTry,
    limits: z.object({
      values: z.record(z.enum(QUOTA_NAMES), count).nullable().meta({ description: "Null where RATE_LIMIT is off" }),
      own: ownQuotas.meta({ description: "Those that an operator set for this user" }),
      refused: z
        .array(z.object({ limit: z.string(), times: count, last: time }))
        .meta({ description: "Limits that refused something, since the process that runs the mailbox started" }),
    }),
    contacts: z.object({ contact: count, request: count, blocked: count }),
  })
  .meta({ id: "Overview", description: "The state of a mailbox; never a message's body" });

const messageTrace = z
  .object({
    userName: canonicalName,
    epoch: z.string(),
    message: z
      .object({
        seq,
        kind: z.string(),
        peer: canonicalName,
        origin: seq.nullable(),
        device: z.string().nullable(),
        id: z.int().nullable(),
        at: time,
        failed: z.enum(codesIn("failed")).nullable(),
        bytes: count,
      })
      .nullable()
      .meta({ description: "Null if it is not, or no longer, in this mailbox" }),
    trimmed: seq,
    suspended: z.boolean(),
    owed: z.boolean().meta({ description: "Whether it is not yet settled" }),
    alarm: nextTry,
    peer: z.looseObject({ name: z.string(), stored: seq, delivered: seq, read: seq, mine: seq }).meta({
      description: "What this mailbox knows of the other: the marks, as seqs of its own log",
    }),
    devices: z.array(deviceFacts),
  })
  .meta({ id: "Sight" });

export const trace = z
  .object({
    from: canonicalName,
    to: canonicalName,
    state: z.enum(["queued", "stored", "delivered", "read", "failed", "unknown"]),
    code: z.enum(codesIn("failed")).nullable().meta({ description: "Why it failed" }),
    author: messageTrace.nullable(),
    receiver: messageTrace.nullable(),
  })
  .meta({ id: "Trace", description: "One message's history, from what both mailboxes store; never its body" });

export const report = z
  .object({
    id: count,
    at: time,
    reporter: canonicalName,
    user: canonicalName.meta({ description: "Who is reported" }),
    reason: z.string(),
    note: z.string(),
    resolved: time.nullable(),
    resolvedBy: z.string().nullable().meta({ description: "`secret` for ADMIN_TOKEN, or a service's userName" }),
    resolution: z.string().nullable(),
  })
  .meta({ id: "Report" });

export const shownReport = report
  .extend({ messages: z.array(logFrame) })
  .meta({ id: "ShownReport", description: "A report with the messages that the reporter chose to show" });

export const reportPage = z
  .object({
    reports: z.array(report),
    next: count.nullable().meta({ description: "`before` of the next page; null after the last one" }),
  })
  .meta({ id: "ReportPage" });

export const userPage = z
  .object({
    list: z.enum(["on", "off"]).meta({ description: "`off`: only suspended users are known; see USER_LIST" }),
    users: z.array(
      z.object({
        userName: canonicalName,
        listed: time.nullable().meta({ description: "When the name was claimed; null if it is not listed" }),
        suspended: z.object({ at: time, until: time.nullable() }).nullable(),
      }),
    ),
    next: z.string().nullable().meta({ description: "`after` of the next page; null after the last one" }),
  })
  .meta({ id: "UserPage" });

export const stats = z
  .object({
    at: time,
    auth: z.enum([...AUTH_MODES, "none"]).meta({ description: "`none` if it is not configured" }),
    online: z.object({ users: count, sockets: count }),
    figures: z.record(z.string(), z.number()).meta({ description: "Counters by name; see docs/OPERATIONS.md" }),
    shards: z.array(z.object({ shard: count, users: count, sockets: count })),
  })
  .meta({ id: "Stats" });

export const auditPage = z
  .object({
    lines: z.array(
      z.object({
        n: count,
        at: time,
        action: z.string(),
        user: z.string().nullable(),
        operator: z.string().nullable().meta({ description: "`secret` for ADMIN_TOKEN, or a service's userName" }),
        operatorToken: z.string().nullable().meta({ description: "The id of the service's token" }),
        network: z.string().meta({ description: "A /24 of IPv4, a /48 of IPv6, or `unknown`" }),
        detail: z.record(z.string(), z.unknown()).meta({ description: "The fields of the request" }),
        result: z.string().nullable().meta({ description: "`done`, a refusal's code, or null if it is not known" }),
        count: count.meta({ description: "Of attempts: how many there were, at least" }),
        last: time,
      }),
    ),
    next: count.nullable().meta({ description: "`before` of the next page; null after the last one" }),
  })
  .meta({ id: "AuditPage" });
