// The description at /api/openapi.json: it is public, it describes every route, and a valid call of a route gives a
// response that is described.
import { beforeAll, expect, test } from "vitest";
import { asyncApiDocument } from "../../../src/protocol/catalogue/asyncapi.ts";
import { frameSchemaDocument } from "../../../src/protocol/catalogue/frame-schemas.ts";
import { fetchWorker } from "../../support/accounts.ts";
import { createUsers, inOrder, request, type Users, validCalls } from "../../support/described-calls.ts";
import { description, deviationOf, operations } from "../../support/openapi-description.ts";

let users: Users;

beforeAll(async () => {
  users = await createUsers();
});

/** Routes that only work on Cloudflare; test/operator/users.test.ts tests them here. */
const ELSEWHERE = new Set(["POST /api/admin/users/{userName}/restore"]);

test("[H11] everything under /api is described, and everything described is called here", () => {
  expect(description.openapi).toBe("3.1.0");
  expect(operations.map(({ name }) => name).toSorted()).toEqual(Object.keys(validCalls).toSorted());
  for (const { summary, tags, path } of operations) {
    expect([summary.length > 5, tags.length, path.startsWith("/api/")]).toEqual([true, 1, true]);
  }
});

test("[H11] the description is public, and one document", async () => {
  const response = await fetchWorker("/api/openapi.json");
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/json"]);
  const text = await response.text();
  for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(Object.keys(description.components.schemas)).toContain(name);
  }
});

/** Fields of responses whose values are one of a few words. */
const WORDS = new Set(["auth", "code", "dialect", "failed", "is", "registration", "standing", "state", "status"]);
/** What people type to sign in has a field of this name too. */
const CODES_FOR_PEOPLE = "POST /api/link-codes";

/** The schemas of the fields with such a name in a schema, by their paths. */
function wordsOf(schema: unknown, path = ""): [path: string, schema: string][] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const here = `${path}/${key}`;
    const isField = WORDS.has(key) && path.endsWith("/properties");
    return isField ? [[here, JSON.stringify(value)] as [string, string]] : wordsOf(value, here);
  });
}

test("[H11] codes, standings, states and modes in responses are described as enumerations", () => {
  const { Problem, ...schemas } = description.components.schemas;
  const requests = new Set(operations.map(({ body }) => String(body?.["$ref"]).split("/").at(-1)));
  const components = Object.entries(schemas).filter(([name]) => !requests.has(name));
  const responses = operations.filter(({ name }) => name !== CODES_FOR_PEOPLE).map(({ responses: all }) => all);
  const words = wordsOf({ Problem, components: Object.fromEntries(components), responses });
  expect(words.length).toBeGreaterThan(8);
  expect(words.filter(([, schema]) => !/"(enum|const)":|"integer"/.test(schema))).toEqual([]);
});

test.each([
  ["/api/frames.schema.json", frameSchemaDocument],
  ["/api/asyncapi.json", asyncApiDocument],
] as const)("[H17] %s is public, and the document that the code makes", async (path, make) => {
  const response = await fetchWorker(path);
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/json"]);
  expect(await response.text()).toBe(JSON.stringify(make()));
});

test.each(inOrder.filter(({ name }) => !ELSEWHERE.has(name)).map((operation) => [operation.name, operation] as const))(
  "[H11] %s answers valid input as described",
  async (name, operation) => {
    const [make, token = ({ alice }: Users) => alice.token] = validCalls[name] ?? [() => ({})];
    const response = await request(operation, await make(users), token(users));
    expect(response.status).toBeLessThan(300);
    expect(await deviationOf(operation, response)).toBeNull();
  },
);
