// The audit of a request of an operator: its line is durable before the action begins, and gets the result afterwards.
// Where the line can't be written, nothing is done.
import { AUDITED, type AuditedAction, MAX_DETAIL_UNITS } from "../protocol/audit.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { refusal } from "../protocol/refusals.ts";
import { AUDIT_OBJECT } from "../protocol/registry.ts";
import { operatorFields } from "./acting-operator.ts";
import { problemResponse } from "./problem-response.ts";
import { backgroundOf, type RequestContext } from "./request-context.ts";

/** The fields of a request, as the route has parsed them. */
type Fields = Readonly<Record<string, unknown>>;

interface OpenLine {
  readonly action: AuditedAction;
  readonly n: number;
  readonly user: string | null;
  detail: Fields;
}

/** By request, for as long as the request lives. */
const openLines = new WeakMap<RequestContext, OpenLine>();

/** Carries out an action of the operator with its line in the audit. */
export async function withAudit(
  c: RequestContext,
  action: AuditedAction,
  fields: Fields,
  act: () => Response | Promise<Response>,
): Promise<Response> {
  const line = await beginLine(c, action, fields);
  if (line === null) return unwrittenProblem();
  if (AUDITED[action] === "looks") logEvent("looked", { what: action, user: line.user, ...operatorFields(c) });
  let code = "internal";
  try {
    const response = await act();
    code = response.ok ? "done" : await codeOf(response);
    return response;
  } finally {
    if (AUDITED[action] === "actions") await finishLine(c, line, code);
  }
}

/** Adds fields to the details of the request's line, before the action: the id of a token that it makes. */
export async function amendAudit(c: RequestContext, fields: Fields): Promise<void> {
  const line = openLines.get(c);
  if (line === undefined) throw new Error("the request has no line in the audit");
  line.detail = { ...line.detail, ...fields };
  await auditOf(c).amendAudit(AUDITED[line.action], line.n, detailText(line.detail));
}

/**
 * Counts a wrong operator token: the first of a network in a minute, and then each power of two, so that a flood of
 * attempts makes few calls. `times`: how often it happened in this minute; 0 if that is not counted.
 */
export function auditAttempt(c: RequestContext, network: string, code: string, times: number): void {
  if (times === 0 || (times & (times - 1)) !== 0) return;
  const count = Math.max(1, times / 2);
  backgroundOf(c)(auditOf(c).countAttempts(network, code, count).catch(logUnwritten));
}

async function beginLine(c: RequestContext, action: AuditedAction, fields: Fields): Promise<OpenLine | null> {
  const { userName = null, ...others } = fields;
  const detail = withoutSecrets(others);
  const user = typeof userName === "string" ? userName : null;
  try {
    const n = await auditOf(c).beginAudit({ action, user, detail: detailText(detail), ...operatorFields(c) });
    const line = { action, n, user, detail };
    openLines.set(c, line);
    return line;
  } catch (error) {
    logUnwritten(error);
    return null;
  }
}

/** The action is done: where its result can't be written, the line stays without one. */
async function finishLine(c: RequestContext, { action, n, user }: OpenLine, code: string): Promise<void> {
  if (code !== "done") logEvent("action_refused", { what: action, user, code, ...operatorFields(c) });
  await auditOf(c).finishAudit(AUDITED[action], n, code).catch(logUnwritten);
}

async function codeOf(response: Response): Promise<string> {
  const problem = await response
    .clone()
    .json<{ code?: unknown } | null>()
    .catch(() => null);
  return typeof problem?.code === "string" ? problem.code : String(response.status);
}

/** Of an URL only the host: a path may contain a secret. */
function withoutSecrets({ url, ...fields }: Fields): Fields {
  if (typeof url !== "string") return fields;
  return { ...fields, host: URL.canParse(url) ? new URL(url).host : null };
}

function detailText(detail: Fields): string {
  const text = JSON.stringify(detail);
  return text.length > MAX_DETAIL_UNITS ? JSON.stringify({ tooLarge: text.length }) : text;
}

function unwrittenProblem(): Response {
  return problemResponse(refusal("internal", "nothing was done, because the audit could not be written"));
}

function logUnwritten(error: unknown): void {
  logEvent("audit_unwritten", { reason: reasonOf(error) });
}

function auditOf(c: RequestContext) {
  return c.env.REGISTRY.getByName(AUDIT_OBJECT);
}
