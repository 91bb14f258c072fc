// Walks the description at /api/openapi.json: every route is called with valid and with invalid input, and gives only
// the responses that are described.
import { exports } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { type Account, ask, claimed, HOST, say } from "../../support/accounts.ts";
import { Authenticator, base64url } from "../../support/authenticator.ts";
import { description, followed, objectionTo, type Operation, operations } from "../../support/description.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, type Made, service } from "../../support/operators.ts";

interface Call {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The default caller. Each call has a user of its own, so that calls don't affect each other. */
let alice: Account;
let bob: Account;
let shop: Made;
let key: Authenticator;

// The library for passkeys is loaded at its first use, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

const host = new URL(HOST).host;
const json = async (response: Promise<Response>) => (await response).json<Record<string, string>>();

beforeAll(async () => {
  [alice, bob, shop, key] = [
    await claimed("alice"),
    await claimed("bob"),
    await service("shop", "send", "read"),
    await Authenticator.make(),
  ];
  await say("POST", "/api/messages", { to: alice.userName, body: "hello" }, bob.token);
  await say(
    "POST",
    "/api/messages",
    [
      { to: alice.userName, body: "hello" },
      { to: alice.userName, body: 1 },
    ],
    shop.token,
  );
  await say("GET", "/api/entries?device=feed", undefined, alice.token);
});

/** A valid call of each route, made in order; and its token, if not alice's. */
const good: Readonly<Record<string, readonly [call: () => Call | Promise<Call>, token?: () => string | undefined]>> = {
  "GET /api/auth": [() => ({}), () => undefined],
  "GET /api/online": [() => ({}), () => undefined],
  "POST /api/accounts": [() => ({ body: { userName: fresh("carol"), label: "laptop" } }), () => undefined],
  "POST /api/sign-in": [
    async () => ({
      body: {
        userName: alice.userName,
        code: (await json(say("POST", "/api/recovery-code", undefined, alice.token)))["recoveryCode"],
      },
    }),
    () => undefined,
  ],
  "POST /api/link-codes": [() => ({})],
  "POST /api/proof": [
    async () => ({
      body: { code: (await json(say("POST", "/api/recovery-code", undefined, alice.token)))["recoveryCode"] },
    }),
  ],
  "POST /api/recovery-code": [() => ({})],
  "GET /api/devices": [() => ({})],
  "DELETE /api/devices/{id}": [async () => ({ path: { id: await anotherDevice() } })],
  "GET /api/account": [() => ({})],
  "GET /api/export": [() => ({})],
  "POST /api/passkeys/options": [() => ({})],
  "POST /api/passkeys": [async () => ({ body: { response: await created(), label: "my key" } })],
  "GET /api/passkeys": [() => ({})],
  "POST /api/sign-in/passkey/options": [() => ({ body: { userName: alice.userName } }), () => undefined],
  "POST /api/sign-in/passkey": [
    async () => ({ body: { userName: alice.userName, response: await signed() } }),
    () => undefined,
  ],
  "POST /api/proof/passkey/options": [() => ({})],
  "POST /api/proof/passkey": [async () => ({ body: { response: await proved() } })],
  "DELETE /api/passkeys/{id}": [() => ({ path: { id: base64url(key.id) } })],
  "POST /api/messages": [
    () => ({ body: { to: bob.userName, body: { text: "hi" } }, headers: { "Idempotency-Key": "k" } }),
  ],
  "GET /api/entries": [() => ({ query: { limit: "10", cursor: "0" } })],
  "POST /api/acks": [() => ({ body: { device: "feed", seq: 1 } })],
  "GET /api/conversations": [() => ({ query: { limit: "5" } })],
  "GET /api/conversations/{userName}/messages": [() => ({ path: { userName: bob.userName }, query: { limit: "5" } })],
  "GET /api/requests": [() => ({}), () => bob.token],
  "PUT /api/contacts/{userName}": [async () => ({ path: { userName: await stranger() } })],
  "GET /api/blocks": [() => ({})],
  "PUT /api/blocks/{userName}": [() => ({ path: { userName: "mallory" } })],
  "DELETE /api/blocks/{userName}": [() => ({ path: { userName: "mallory" } })],
  "GET /api/settings": [() => ({})],
  "PUT /api/settings": [() => ({ body: { receipts: false } })],
  "GET /api/health": [() => ({}), () => undefined],
  "GET /api/metrics": [() => ({}), () => ADMIN],
  "GET /api/admin/stats": [() => ({}), () => ADMIN],
  "GET /api/admin/users/{userName}": [() => ({ path: { userName: alice.userName } }), () => ADMIN],
  "GET /api/admin/users/{userName}/messages/{seq}": [
    async () => ({ path: { userName: alice.userName, seq: await newest() } }),
    () => ADMIN,
  ],
  "GET /api/admin/users/{userName}/export": [() => ({ path: { userName: alice.userName } }), () => ADMIN],
  "POST /api/admin/users/{userName}/disconnect": [
    () => ({ path: { userName: alice.userName }, body: { device: "phone" } }),
    () => ADMIN,
  ],
  "POST /api/admin/users/{userName}/restore": [
    () => ({ path: { userName: alice.userName }, body: { at: 1_800_000_000_000 } }),
    () => ADMIN,
  ],
  "PUT /api/admin/users/{userName}/suspension": [
    async () => ({ path: { userName: (await claimed("erin")).userName }, body: { reason: "spam" } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/users/{userName}/suspension": [() => ({ path: { userName: alice.userName } }), () => ADMIN],
  "DELETE /api/admin/users/{userName}": [
    async () => ({ path: { userName: (await claimed("erin")).userName } }),
    () => ADMIN,
  ],
  "POST /api/admin/services": [() => ({ body: { userName: fresh("robot"), scopes: ["read"] } }), () => ADMIN],
  "GET /api/admin/services": [() => ({}), () => ADMIN],
  "GET /api/admin/services/{userName}": [() => ({ path: { userName: shop.userName } }), () => ADMIN],
  "POST /api/admin/services/{userName}/tokens": [
    () => ({ path: { userName: shop.userName }, body: { scopes: ["send"] } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/services/{userName}/tokens/{id}": [
    () => ({ path: { userName: shop.userName, id: shop.id } }),
    () => ADMIN,
  ],
  "PUT /api/admin/services/{userName}/webhook": [
    () => ({ path: { userName: shop.userName }, body: { url: "https://hooks.example.com/" } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/services/{userName}/webhook": [() => ({ path: { userName: shop.userName } }), () => ADMIN],
  "DELETE /api/admin/services/{userName}": [() => ({ path: { userName: shop.userName } }), () => ADMIN],
  "POST /api/sign-out/others": [() => ({})],
  "POST /api/sign-out": [() => ({})],
  "DELETE /api/account": [() => ({}), () => bob.token],
};

/** Routes that only work on Cloudflare; test/operator/users.test.ts tests them here. */
const ELSEWHERE = new Set(["POST /api/admin/users/{userName}/restore"]);

/** Routes that end what other routes need come last. */
const inOrder = operations.toSorted((a, b) => orderOf(a) - orderOf(b));

function orderOf({ name }: Operation): number {
  return Object.keys(good).indexOf(name);
}

test("[H11] everything under /api is described, and everything described is called here", () => {
  expect(description.openapi).toBe("3.1.0");
  expect(operations.map(({ name }) => name).toSorted()).toEqual(Object.keys(good).toSorted());
  for (const { summary, tags, path } of operations) {
    expect([summary.length > 5, tags.length, path.startsWith("/api/")]).toEqual([true, 1, true]);
  }
});

test.each(inOrder.map((operation) => [operation.name, operation] as const))(
  "[H11][H9] %s refuses invalid input, with the name of the field",
  async (name, operation) => {
    const [make, token = () => alice.token] = good[name] ?? [() => ({})];
    const needs = operation.body === null && operation.parameters.length === 0;
    const call = needs
      ? {}
      : /^POST \/api\/(sign-in|passkeys|proof\/passkey)/.test(name)
        ? placeholder(operation)
        : await make();
    for (const { what, change, field } of badInputs(operation, call)) {
      const response = await request(operation, change, token());
      const problem = await response.clone().json<Record<string, unknown>>();
      expect([what, response.status >= 400 && response.status < 500]).toEqual([what, true]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(problem).toMatchObject({
        status: response.status,
        code: expect.any(String),
        detail: expect.stringMatching(/\.$/),
      });
      if (field !== undefined) expect([what, problem["field"]]).toEqual([what, field]);
      expect(await objectionTo(operation, response)).toBeNull();
    }
  },
);

test.each(
  inOrder.filter(({ security }) => security.length > 0).map((operation) => [operation.name, operation] as const),
)("[H11] %s needs a token, with the described scope", async (name, operation) => {
  const [make] = good[name] ?? [() => ({})];
  const call =
    operation.body !== null && /^POST \/api\/(passkeys|proof\/passkey)/.test(name)
      ? placeholder(operation)
      : name.includes("{")
        ? somewhere(operation)
        : await make();
  const none = await request(operation, call, undefined);
  expect(none.status).toBe(401);
  expect(await objectionTo(operation, none)).toBeNull();
  const needed = operation.security[0]?.["token"]?.[0];
  const others = (["send", "read", "admin"] as const).filter((scope) => scope !== needed);
  const { token } = await service("other", ...others);
  const without = await request(operation, call, token);
  expect(without.status).toBe(403);
  expect(await objectionTo(operation, without)).toBeNull();
});

test.each(inOrder.filter(({ name }) => !ELSEWHERE.has(name)).map((operation) => [operation.name, operation] as const))(
  "[H11] %s answers valid input as described",
  async (name, operation) => {
    const [make, token = () => alice.token] = good[name] ?? [() => ({})];
    const response = await request(operation, await make(), token());
    expect(response.status).toBeLessThan(300);
    expect(await objectionTo(operation, response)).toBeNull();
  },
);

test("[H11] the description is public, and one document", async () => {
  const response = await ask("/api/openapi.json");
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/json"]);
  const text = await response.text();
  for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(Object.keys(description.components.schemas)).toContain(name);
  }
});

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
        what: "a name that is none",
        change: { ...call, path: { ...call.path, userName: "a b" } },
        field: name,
      });
    }
    if (where !== "query" || followed(schema)["type"] !== "integer") continue;
    for (const value of ["x", "-1", "1.5", "99999999999999999"]) {
      bad.push({ what: `${name}=${value}`, change: { ...call, query: { ...call.query, [name]: value } }, field: name });
    }
  }
  if (operation.body === null) return bad;
  for (const body of ["{", "", "null", "7", '"text"', "[[]]"])
    bad.push({ what: `the body ${body}`, change: { ...call, body: new Text(body) } });
  bad.push({ what: "a body of a mile", change: { ...call, body: new Text(`{"x":"${"x".repeat(1_100_000)}"}`) } });
  const fields = call.body as Record<string, unknown>;
  for (const field of requiredOf(operation.body)) {
    const { [field]: _, ...rest } = fields;
    bad.push({ what: `without ${field}`, change: { ...call, body: rest }, field });
    if (field !== "body")
      bad.push({ what: `${field} is nothing`, change: { ...call, body: { ...rest, [field]: null } }, field });
  }
  bad.push({ what: "a field too many", change: { ...call, body: { ...fields, surprise: 1 } }, field: "surprise" });
  return bad;
}

class Text {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function requiredOf(schema: Record<string, unknown>): string[] {
  const { required, anyOf } = followed(schema) as { required?: string[]; anyOf?: Record<string, unknown>[] };
  return required ?? anyOf?.flatMap(requiredOf) ?? [];
}

/** Fields of the right type without a meaning: for requests that are refused before they are parsed. */
function placeholder({ body }: Operation): Call {
  const values: Record<string, unknown> = { userName: "zoe", code: "1111-1111", response: { id: "x" } };
  return { body: Object.fromEntries(requiredOf(body ?? {}).map((name) => [name, values[name]])) };
}

/** A path with placeholder values. */
function somewhere({ parameters, body }: Operation): Call {
  const path = Object.fromEntries(
    parameters.filter(({ in: where }) => where === "path").map(({ name }) => [name, "nothing"]),
  );
  return { path, ...(body !== null && { body: { scopes: ["send"] } }) };
}

let addresses = 0;

function request(
  { method, path }: Operation,
  { path: places = {}, query = {}, headers = {}, body }: Call,
  token: string | undefined,
): Promise<Response> {
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(places[name] ?? ""));
  const url = new URL(place, HOST);
  url.search = new URLSearchParams(query).toString();
  addresses++;
  return exports.default.fetch(
    new Request(url, {
      method,
      headers: {
        "CF-Connecting-IP": `198.51.${addresses >> 8}.${addresses & 255}`,
        ...headers,
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: body instanceof Text ? body.text : JSON.stringify(body) }),
    }),
  );
}

/** The seq of alice's newest message. */
async function newest(): Promise<string> {
  const response = await say("GET", "/api/conversations", undefined, alice.token);
  const { conversations } = await response.json<{ conversations: { last: { seq: number } }[] }>();
  return String(conversations[0]?.last.seq);
}

/** Signs in another device of alice's, and returns its id. */
async function anotherDevice(): Promise<string> {
  const { code } = await json(say("POST", "/api/link-codes", undefined, alice.token));
  return (await json(say("POST", "/api/sign-in", { userName: alice.userName, code })))["device"] ?? "";
}

/** A stranger with an open request to alice. */
async function stranger(): Promise<string> {
  const { userName, token } = await claimed("dave");
  await say("POST", "/api/messages", { to: alice.userName, body: "hi" }, token);
  return userName;
}

async function created(): Promise<unknown> {
  const { challenge = "" } = await json(say("POST", "/api/passkeys/options", undefined, alice.token));
  return key.create({ challenge, origin: HOST, host, counter: 1 });
}

async function signed(): Promise<unknown> {
  const { challenge = "" } = await json(say("POST", "/api/sign-in/passkey/options", { userName: alice.userName }));
  return key.get({ challenge, origin: HOST, host, counter: 2 });
}

async function proved(): Promise<unknown> {
  const { challenge = "" } = await json(say("POST", "/api/proof/passkey/options", undefined, alice.token));
  return key.get({ challenge, origin: HOST, host, counter: 3 });
}
