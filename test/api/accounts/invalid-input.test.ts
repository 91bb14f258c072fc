// Invalid input: each input of each described route, made invalid in every way, is refused as it is described.
import { beforeAll, expect, test } from "vitest";
import {
  type Call,
  createUsers,
  inOrder,
  placeholder,
  request,
  requiredOf,
  RawBody,
  type Users,
  validCalls,
} from "../../support/described-calls.ts";
import { dereferenced, deviationOf, type Operation } from "../../support/openapi-description.ts";

let users: Users;

beforeAll(async () => {
  users = await createUsers();
});

test.each(inOrder.map((operation) => [operation.name, operation] as const))(
  "[H11][H9] %s refuses invalid input, with the name of the field",
  async (name, operation) => {
    const [make, token = ({ alice }: Users) => alice.token] = validCalls[name] ?? [() => ({})];
    const hasNoInput = operation.body === null && operation.parameters.length === 0;
    const call = hasNoInput
      ? {}
      : /^POST \/api\/(sign-in|passkeys|proof\/passkey)/.test(name)
        ? placeholder(operation)
        : await make(users);
    for (const { what, change, field } of badInputs(operation, call)) {
      const response = await request(operation, change, token(users));
      const problem = await response.clone().json<Record<string, unknown>>();
      expect([what, response.status >= 400 && response.status < 500]).toEqual([what, true]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(problem).toMatchObject({
        status: response.status,
        code: expect.any(String),
        detail: expect.stringMatching(/\.$/),
      });
      if (field !== undefined) expect([what, problem["field"]]).toEqual([what, field]);
      expect(await deviationOf(operation, response)).toBeNull();
    }
  },
);

interface Bad {
  readonly what: string;
  readonly change: Call;
  readonly field?: string;
}

/** Each input of a route, made invalid in every way. */
function badInputs(operation: Operation, call: Call): Bad[] {
  const bad: Bad[] = [];
  for (const { name, in: where, schema } of operation.parameters) {
    if (where === "path" && name === "userName") {
      bad.push({
        what: "an invalid name",
        change: { ...call, path: { ...call.path, userName: "a b" } },
        field: name,
      });
    }
    if (where !== "query" || dereferenced(schema)["type"] !== "integer") continue;
    for (const value of ["x", "-1", "1.5", "99999999999999999"]) {
      bad.push({ what: `${name}=${value}`, change: { ...call, query: { ...call.query, [name]: value } }, field: name });
    }
  }
  if (operation.body === null) return bad;
  for (const body of ["{", "", "null", "7", '"text"', "[[]]"])
    bad.push({ what: `the body ${body}`, change: { ...call, body: new RawBody(body) } });
  bad.push({
    what: "a body above the limit",
    change: { ...call, body: new RawBody(`{"x":"${"x".repeat(1_100_000)}"}`) },
  });
  const fields = call.body as Record<string, unknown>;
  for (const field of requiredOf(operation.body)) {
    const { [field]: _, ...rest } = fields;
    bad.push({ what: `without ${field}`, change: { ...call, body: rest }, field });
    if (!takesNull(operation.body, field))
      bad.push({ what: `${field} is null`, change: { ...call, body: { ...rest, [field]: null } }, field });
  }
  bad.push({ what: "an unknown field", change: { ...call, body: { ...fields, surprise: 1 } }, field: "surprise" });
  return bad;
}

/** Whether a field of a body may be null: a message's body is any JSON. */
function takesNull(body: Record<string, unknown>, field: string): boolean {
  const { properties } = dereferenced(body) as { properties?: Record<string, Record<string, unknown>> };
  const type = properties?.[field]?.["type"];
  return field === "body" || (Array.isArray(type) && type.includes("null"));
}
