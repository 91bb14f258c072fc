// Declares a route once, with schemas of its input and output, from which /api/openapi.json is generated too. Checks
// run in this order: caller, size, JSON, schema. A refusal names the wrong field. Routes never get unchecked input.
import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { withAudit } from "../identity/audit.ts";
import { authenticate } from "../identity/authenticate.ts";
import { limitBody } from "../identity/request-body.ts";
import { requireOperator } from "../identity/operator.ts";
import { problemResponse } from "../identity/problem-response.ts";
import type { AuditedAction } from "../protocol/audit.ts";
import { LIMITS, STRANGER_BODY_BYTES } from "../protocol/limits.ts";
import { type Code, type CodeIn, codesIn, REFUSALS, type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { RequestContext } from "../identity/request-context.ts";

z.config({ jitless: true });

type Zod = z.ZodType;
type Middleware = (c: RequestContext, next: () => Promise<void>) => Promise<Response | void>;

/** The declaration of a route. */
type RouteDeclaration = AnyRoute & (OperatorsRoute | OthersRoute);

/** A route for operators. `audit`: its line in the audit; null for what neither changes nor shows data of somebody. */
type OperatorsRoute =
  | { readonly scope: "admin"; readonly audit: AuditedAction }
  | { readonly scope: "admin"; readonly audit: null; readonly method: "get" };

interface OthersRoute {
  /** The scopes that a service's token needs; null if no token is needed, "people" if services are refused. */
  readonly scope: Exclude<Scope, "admin"> | "read and send" | "people" | null;
  readonly audit?: undefined;
}

interface AnyRoute {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** With `{names}` of parameters. */
  readonly path: string;
  readonly tag: string;
  /** One line, and the details. */
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Zod;
  /** Bytes of the body. Default: those of a message's body, or STRANGER_BODY_BYTES without a token. */
  readonly bytes?: number;
  /** The body of a successful response by status; null for none. */
  readonly responses: Readonly<Record<number, Zod | null>>;
  /** Other representations of the response, by media type. */
  readonly otherTypes?: Readonly<Record<string, Zod>>;
  /** Codes of refusals besides those of every route. */
  readonly refusals?: readonly CodeIn<"http">[];
  readonly middleware?: readonly Middleware[];
}

type Parsed<T> = T extends Zod ? z.output<T> : undefined;

/** The parsed request. */
interface ParsedRequest<D extends RouteDeclaration> {
  readonly params: Parsed<D["params"]>;
  readonly query: Parsed<D["query"]>;
  readonly headers: Parsed<D["headers"]>;
  readonly body: Parsed<D["body"]>;
}

export type Api = OpenAPIHono<{ Bindings: Env }>;

/** An empty part of the API, to be mounted at /. */
export function createApi(): Api {
  return new OpenAPIHono<{ Bindings: Env }>({
    defaultHook: (result) => {
      if (!result.success) return problemResponse(refusalOfIssue(result.target, result.error));
      return undefined;
    },
  });
}

/** A problem: RFC 9457, with the code and the sentence of the wire. */
const problemDocument = z
  .object({
    type: z.string().meta({ description: "`urn:restante:` and the code" }),
    title: z.string().meta({ description: "The sentence of the code" }),
    status: z.int(),
    detail: z.string().meta({ description: "What was wrong, in a sentence" }),
    code: z.enum(codesIn("http")),
    message: z.string().meta({ description: "The same as `detail`; the field's name on the wire" }),
    field: z
      .string()
      .optional()
      .meta({ description: "The wrong field of the request: `1.to` is `to` of the second element" }),
    retryAfter: z
      .int()
      .optional()
      .meta({ description: "Ms after which a retry can succeed; also in `Retry-After`, in s" }),
    requestId: z.string().optional().meta({ description: "The request's id, as in the log and in X-Request-Id" }),
    affects: z
      .enum(["receiver"])
      .optional()
      .meta({ description: "Of a message: only those to this receiver are refused now ([S11])" }),
  })
  .meta({ id: "Problem" });

/** The problem of the first of these codes: the one that is most the route's own. */
function problemExample([code = "internal"]: readonly Code[]): object {
  const { status, message } = REFUSALS[code];
  const why = refusal(code);
  return { type: `urn:restante:${code}`, title: `${message}.`, status, detail: why.message, ...why };
}

/** Declares a route and its implementation. */
export function declareRoute<const D extends RouteDeclaration>(
  to: Api,
  declared: D,
  answer: (c: RequestContext, sent: ParsedRequest<D>) => Response | Promise<Response>,
): void {
  const { body, params, query, headers } = declared;
  const config = createRoute({
    method: declared.method,
    path: declared.path,
    tags: [declared.tag],
    summary: declared.summary,
    ...(declared.description !== undefined && { description: declared.description }),
    security: securityOf(declared.scope),
    request: {
      ...(params !== undefined && { params }),
      ...(query !== undefined && { query }),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body: { required: true, content: { "application/json": { schema: body } } } }),
    },
    responses: responsesOf(declared),
    middleware: middlewareOf(declared) as never,
  } as RouteConfig);
  const answered = (c: RequestContext) => {
    const valid = (target: string) => c.req.valid(target as never) as Record<string, unknown> | undefined;
    const sent = { params: valid("param"), query: valid("query"), headers: valid("header"), body: valid("json") };
    const act = () => answer(c, sent as unknown as ParsedRequest<D>);
    if (declared.audit == null) return act();
    return withAudit(c, declared.audit, { ...sent.query, ...sent.body, ...sent.params }, act);
  };
  to.openapi(config, answered as never);
}

/** The middleware before query and body are validated. */
function middlewareOf({
  scope,
  middleware: through = [],
  body,
  bytes = bodyBytesOf(scope),
}: RouteDeclaration): readonly Middleware[] {
  const knows = scope === null ? [] : [scope === "admin" ? requireOperator : authenticate(scopesOf(scope))];
  return [...through, ...knows, ...(body === undefined ? [] : [limitBody(bytes)])];
}

function bodyBytesOf(scope: RouteDeclaration["scope"]): number {
  return scope === null ? STRANGER_BODY_BYTES : LIMITS.bodyBytes;
}

/** Null: for people alone. */
function scopesOf(scope: NonNullable<RouteDeclaration["scope"]>): readonly Scope[] | null {
  if (scope === "people") return null;
  return scope === "read and send" ? ["read", "send"] : [scope];
}

function securityOf(scope: RouteDeclaration["scope"]): Record<string, string[]>[] {
  if (scope === null) return [];
  const token = [...(scopesOf(scope) ?? [])];
  return scope === "admin" ? [{ token }] : [{ token }, { cookie: [] }];
}

function responsesOf({
  responses: answers,
  otherTypes: also = {},
  refusals: no = [],
  scope,
  body,
  params,
  query,
}: RouteDeclaration): RouteConfig["responses"] {
  const responses: RouteConfig["responses"] = {};
  for (const [status, schema] of Object.entries(answers)) {
    const others = Object.entries(also).map(([type, other]) => [type, { schema: other }]);
    const content = { ...(schema !== null && { "application/json": { schema } }), ...Object.fromEntries(others) };
    const description = status === "204" ? "Done" : status === "201" ? "Created" : "OK";
    responses[status] = Object.keys(content).length === 0 ? { description } : { description, content };
  }
  const codes = new Set<Code>([...no, "internal", "forbidden", "forbidden_origin"]);
  if (scope !== null) for (const code of ["unauthorized", "rate_limited"] as const) codes.add(code);
  // Without accounts, the first request creates a mailbox, so its name may be refused.
  if (scope !== null && scope !== "admin") for (const code of ["bad_name", "reserved_name"] as const) codes.add(code);
  if (body !== undefined) for (const code of ["bad_frame", "too_large"] as const) codes.add(code);
  if (params !== undefined || query !== undefined) codes.add("bad_query");
  for (const status of new Set([...codes].map((code) => REFUSALS[code].status))) {
    const codesOfStatus = [...codes].filter((code) => REFUSALS[code].status === status);
    responses[status] = {
      description: codesOfStatus.map((code) => `\`${code}\``).join(", "),
      content: { "application/problem+json": { schema: problemDocument, example: problemExample(codesOfStatus) } },
    };
  }
  return responses;
}

/** The refusal of the first issue, with its field. */
function refusalOfIssue(target: string, { issues }: z.ZodError): Refusal {
  const issue = issues[0] && deepestIssue(issues[0]);
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  const field = path.map(String).join(".");
  const code =
    (issue?.code === "custom" ? (issue.params?.["code"] as Code | undefined) : undefined) ?? codeOfTarget(target);
  const message = issue?.code === "unrecognized_keys" ? "there is no such field" : (issue?.message ?? "");
  const own = issue?.code === "custom" && issue.params?.["code"] !== undefined;
  const refused = own ? refusal(code) : refusal(code, field === "" ? message : `${field}: ${message}`);
  return field === "" ? refused : { ...refused, field };
}

/** Of a failed union, the issue of the branch that matched furthest. */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inside = issue.errors.flatMap((branch) => branch.slice(0, 1).map(deepestIssue));
  const closest = inside.toSorted((a, b) => depthOf(b) - depthOf(a))[0];
  return closest === undefined ? issue : { ...closest, path: [...issue.path, ...closest.path] };
}

/** Issues inside a value of the right type: they count one level deeper. */
const NESTED_ISSUES: ReadonlySet<string> = new Set(["unrecognized_keys", "too_big", "too_small"]);

function depthOf({ code, path }: z.core.$ZodIssue): number {
  return path.length + Number(NESTED_ISSUES.has(code));
}

function codeOfTarget(target: string): Code {
  return target === "json" ? "bad_frame" : "bad_query";
}
