// How a route is declared: once, with the schemas of what goes in and what comes out; the description at /api/openapi.json is made of
// the same. Behind a declaration nothing is unknown: who asks before size, size before JSON, JSON before schema, and a no names the field.
import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { authenticate } from "../identity/authenticate.ts";
import { limitBody } from "../identity/request-body.ts";
import { requireOperator } from "../identity/operator.ts";
import { problem } from "../identity/refuse-upgrade.ts";
import { LIMITS, STRANGER_BODY_BYTES } from "../protocol/limits.ts";
import { type Code, REFUSALS, type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { RequestContext } from "../identity/request-context.ts";

z.config({ jitless: true });

type Zod = z.ZodType;
type Middleware = (c: RequestContext, next: () => Promise<void>) => Promise<Response | void>;

/** A route as it is declared. */
interface RouteDeclaration {
  readonly method: "get" | "post" | "put" | "delete";
  /** With `{names}` in it. */
  readonly path: string;
  readonly tag: string;
  /** One line, and what else there is to say. */
  readonly summary: string;
  readonly description?: string;
  /** What a service's token has to be good for; null where no token is asked for, "people" where a service's is not enough. */
  readonly scope: Scope | "people" | null;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Zod;
  /** Bytes of the body; those of a message's if nothing else is said, and few where no token is asked for. */
  readonly bytes?: number;
  /** The status where it went well, and what is answered then; null for nothing. */
  readonly responses: Readonly<Record<number, Zod | null>>;
  /** Another form of the answer, by its media type. */
  readonly otherTypes?: Readonly<Record<string, Zod>>;
  /** Codes of refusals beside those that any route may have. */
  readonly refusals?: readonly Code[];
  readonly middleware?: readonly Middleware[];
}

type Parsed<T> = T extends Zod ? z.output<T> : undefined;

/** What was sent, read. */
export interface ParsedRequest<D extends RouteDeclaration> {
  readonly params: Parsed<D["params"]>;
  readonly query: Parsed<D["query"]>;
  readonly headers: Parsed<D["headers"]>;
  readonly body: Parsed<D["body"]>;
}

export type Api = OpenAPIHono<{ Bindings: Env }>;

/** Any part of the API, to be mounted at /. */
export function createApi(): Api {
  return new OpenAPIHono<{ Bindings: Env }>({
    defaultHook: (result) => {
      if (!result.success) return problem(refusalOfIssue(result.target, result.error));
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
    detail: z.string().meta({ description: "What was wrong here, in a sentence" }),
    code: z.enum(Object.keys(REFUSALS) as [Code, ...Code[]]),
    message: z.string().meta({ description: "As `detail`; what the code comes with everywhere else" }),
    field: z
      .string()
      .optional()
      .meta({ description: "What of the request is wrong: `1.to` is `to` of the second one" }),
    retryAfter: z
      .int()
      .optional()
      .meta({ description: "Ms after which trying again can help; also in `Retry-After`, in s" }),
  })
  .meta({
    id: "Problem",
    example: {
      type: "urn:restante:bad_name",
      title: `${REFUSALS.bad_name.message}.`,
      status: REFUSALS.bad_name.status,
      detail: refusal("bad_name").message,
      code: "bad_name",
      message: refusal("bad_name").message,
      field: "to",
    },
  });

/** Declares a route, and answers it. */
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
    const read = (target: string) => c.req.valid(target as never);
    const sent = { params: read("param"), query: read("query"), headers: read("header"), body: read("json") };
    return answer(c, sent as unknown as ParsedRequest<D>);
  };
  to.openapi(config, answered as never);
}

/** What a request passes before its query and its body are looked at. */
function middlewareOf({
  scope,
  middleware: through = [],
  body,
  bytes = bodyBytesOf(scope),
}: RouteDeclaration): readonly Middleware[] {
  const knows = scope === null ? [] : [scope === "admin" ? requireOperator : authenticate(scope)];
  return [...through, ...knows, ...(body === undefined ? [] : [limitBody(bytes)])];
}

function bodyBytesOf(scope: RouteDeclaration["scope"]): number {
  return scope === null ? STRANGER_BODY_BYTES : LIMITS.bodyBytes;
}

function securityOf(scope: RouteDeclaration["scope"]): Record<string, string[]>[] {
  if (scope === null) return [];
  if (scope === "admin") return [{ token: ["admin"] }];
  return scope === "people" ? [{ token: [] }, { cookie: [] }] : [{ token: [scope] }, { cookie: [] }];
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
    const description = status === "204" ? "Done" : status === "201" ? "Made" : "The answer";
    responses[status] = Object.keys(content).length === 0 ? { description } : { description, content };
  }
  const codes = new Set<Code>([...no, "internal", "forbidden"]);
  if (scope !== null) for (const code of ["unauthorized", "rate_limited"] as const) codes.add(code);
  // Where nobody has to claim a name, whatever is first asked of a mailbox begins it.
  if (scope !== null && scope !== "admin") for (const code of ["bad_name", "reserved_name"] as const) codes.add(code);
  if (body !== undefined) for (const code of ["bad_frame", "too_large"] as const) codes.add(code);
  if (params !== undefined || query !== undefined) codes.add("bad_query");
  for (const status of new Set([...codes].map((code) => REFUSALS[code].status))) {
    const named = [...codes].filter((code) => REFUSALS[code].status === status).map((code) => `\`${code}\``);
    responses[status] = {
      description: named.join(", "),
      content: { "application/problem+json": { schema: problemDocument } },
    };
  }
  return responses;
}

/** The first thing that is wrong, with the field that it is about. */
function refusalOfIssue(target: string, { issues }: z.ZodError): Refusal {
  const issue = issues[0] && deepestIssue(issues[0]);
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  const field = path.map(String).join(".");
  const code =
    (issue?.code === "custom" ? (issue.params?.["code"] as Code | undefined) : undefined) ?? codeOfTarget(target);
  const said = issue?.code === "unrecognized_keys" ? "there is no such field" : (issue?.message ?? "");
  const own = issue?.code === "custom" && issue.params?.["code"] !== undefined;
  const why = own ? refusal(code) : refusal(code, field === "" ? said : `${field}: ${said}`);
  return field === "" ? why : { ...why, field };
}

/** Of what could have been several things, the one that it came closest to being. */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inside = issue.errors.flatMap((branch) => branch.slice(0, 1).map(deepestIssue));
  const closest = inside.toSorted((a, b) => depthOf(b) - depthOf(a))[0];
  return closest === undefined ? issue : { ...closest, path: [...issue.path, ...closest.path] };
}

/** These are found in what is of the right type already, so one level further in. */
const NESTED_ISSUES: ReadonlySet<string> = new Set(["unrecognized_keys", "too_big", "too_small"]);

function depthOf({ code, path }: z.core.$ZodIssue): number {
  return path.length + Number(NESTED_ISSUES.has(code));
}

function codeOfTarget(target: string): Code {
  return target === "json" ? "bad_frame" : "bad_query";
}
