// A valid call of each route of the API's description, and the users who make them.
import { exports } from "cloudflare:workers";
import { type Account, claimAccount, HOST, callApi } from "./accounts.ts";
import { Authenticator, base64url } from "./authenticator.ts";
import { dereferenced, type Operation, operations } from "./openapi-description.ts";
import { fresh } from "./devices.ts";
import { ADMIN, type ServiceAccount, createService } from "./operators.ts";

export interface Call {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A body that is sent as it is, not as JSON. */
export class RawBody {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The users of the calls. Alice is the default caller. */
export interface Users {
  readonly alice: Account;
  readonly bob: Account;
  readonly shop: ServiceAccount;
  readonly key: Authenticator;
}

/** Creates the users, and sends alice three messages. */
export async function createUsers(): Promise<Users> {
  const [alice, bob, shop, key] = [
    await claimAccount("alice"),
    await claimAccount("bob"),
    await createService("shop", "send", "read"),
    await Authenticator.make(),
  ];
  await callApi("POST", "/api/messages", { to: alice.userName, body: "hello" }, bob.token);
  await callApi(
    "POST",
    "/api/messages",
    [
      { to: alice.userName, body: "hello" },
      { to: alice.userName, body: 1 },
    ],
    shop.token,
  );
  await callApi("GET", "/api/entries?device=feed", undefined, alice.token);
  return { alice, bob, shop, key };
}

/** How to make the call, and its token, if it is not alice's. */
type ValidCall = readonly [make: (users: Users) => Call | Promise<Call>, token?: (users: Users) => string | undefined];

const host = new URL(HOST).host;
const json = async (response: Promise<Response>) => (await response).json<Record<string, string>>();

/** A valid call of each route, in the order in which they are made. Routes that end what other routes need come last. */
export const validCalls: Readonly<Record<string, ValidCall>> = {
  "GET /api/auth": [() => ({}), () => undefined],
  "GET /api/online": [() => ({}), () => undefined],
  "GET /api/frames.schema.json": [() => ({}), () => undefined],
  "GET /api/asyncapi.json": [() => ({}), () => undefined],
  "POST /api/accounts": [() => ({ body: { userName: fresh("carol"), label: "laptop" } }), () => undefined],
  "POST /api/names": [() => ({ body: { userName: fresh("carol") } }), () => undefined],
  "POST /api/sign-in": [
    async ({ alice }) => ({
      body: {
        userName: alice.userName,
        code: (await json(callApi("POST", "/api/recovery-code", undefined, alice.token)))["recoveryCode"],
      },
    }),
    () => undefined,
  ],
  "POST /api/link-codes": [() => ({})],
  "POST /api/proof": [
    async ({ alice }) => ({
      body: { code: (await json(callApi("POST", "/api/recovery-code", undefined, alice.token)))["recoveryCode"] },
    }),
  ],
  "POST /api/recovery-code": [() => ({})],
  "GET /api/devices": [() => ({})],
  "DELETE /api/devices/{id}": [async ({ alice }) => ({ path: { id: await anotherDevice(alice) } })],
  "GET /api/account": [() => ({})],
  "GET /api/export": [() => ({})],
  "POST /api/passkeys/options": [() => ({})],
  "POST /api/passkeys": [async (users) => ({ body: { response: await created(users), label: "my key" } })],
  "GET /api/passkeys": [() => ({})],
  "POST /api/sign-in/passkey/options": [({ alice }) => ({ body: { userName: alice.userName } }), () => undefined],
  "POST /api/sign-in/passkey": [
    async (users) => ({ body: { userName: users.alice.userName, response: await signed(users) } }),
    () => undefined,
  ],
  "POST /api/proof/passkey/options": [() => ({})],
  "POST /api/proof/passkey": [async (users) => ({ body: { response: await proved(users) } })],
  "DELETE /api/passkeys/{id}": [({ key }) => ({ path: { id: base64url(key.id) } })],
  "POST /api/messages": [
    ({ bob }) => ({ body: { to: bob.userName, body: { text: "hi" } }, headers: { "Idempotency-Key": "k" } }),
  ],
  "GET /api/entries": [() => ({ query: { limit: "10", cursor: "0" } })],
  "POST /api/acks": [() => ({ body: { device: "feed", seq: 1 } })],
  "GET /api/conversations": [() => ({ query: { limit: "5" } })],
  "GET /api/conversations/{userName}/messages": [
    ({ bob }) => ({ path: { userName: bob.userName }, query: { limit: "5" } }),
  ],
  "PATCH /api/conversations/{userName}": [
    ({ bob }) => ({ path: { userName: bob.userName }, body: { pinned: true, hidden: false } }),
  ],
  "DELETE /api/conversations/{userName}/messages/{seq}": [
    async ({ alice, bob }) => ({ path: { userName: bob.userName, seq: await newest(alice, bob.userName) } }),
  ],
  "DELETE /api/conversations/{userName}": [({ bob }) => ({ path: { userName: bob.userName } })],
  "GET /api/profile": [() => ({})],
  "PUT /api/profile": [() => ({ body: { displayName: "Alice" } })],
  "POST /api/reports": [
    async ({ alice, bob }) => ({
      body: {
        userName: bob.userName,
        reason: "spam",
        note: "again",
        seqs: [Number(await received(alice, bob))],
        consent: true,
      },
    }),
  ],
  "GET /api/requests": [() => ({}), ({ bob }) => bob.token],
  "PUT /api/contacts/{userName}": [async ({ alice }) => ({ path: { userName: await stranger(alice) } })],
  "GET /api/blocks": [() => ({})],
  "PUT /api/blocks/{userName}": [() => ({ path: { userName: "mallory" } })],
  "DELETE /api/blocks/{userName}": [() => ({ path: { userName: "mallory" } })],
  "GET /api/settings": [() => ({})],
  "PUT /api/settings": [() => ({ body: { receipts: false } })],
  "GET /api/health": [() => ({}), () => undefined],
  "GET /api/health/live": [() => ({}), () => undefined],
  "GET /api/metrics": [() => ({}), () => ADMIN],
  "GET /api/admin/stats": [() => ({}), () => ADMIN],
  "GET /api/admin/users": [() => ({ query: { prefix: "a", suspended: "yes", since: "1" } }), () => ADMIN],
  "GET /api/admin/reports": [() => ({ query: { state: "open", before: "9" } }), () => ADMIN],
  "GET /api/admin/reports/{id}": [
    async ({ alice, bob }) => ({ path: { id: await reported(alice, bob) } }),
    () => ADMIN,
  ],
  "PUT /api/admin/reports/{id}/resolution": [
    async ({ alice, bob }) => ({ path: { id: await reported(alice, bob) }, body: { resolution: "talked to them" } }),
    () => ADMIN,
  ],
  "GET /api/admin/audit": [() => ({ query: { of: "looks", since: "1", before: "9" } }), () => ADMIN],
  "GET /api/admin/users/{userName}": [({ alice }) => ({ path: { userName: alice.userName } }), () => ADMIN],
  "GET /api/admin/users/{userName}/messages/{seq}": [
    async ({ alice }) => ({ path: { userName: alice.userName, seq: await newest(alice) } }),
    () => ADMIN,
  ],
  "GET /api/admin/users/{userName}/export": [({ alice }) => ({ path: { userName: alice.userName } }), () => ADMIN],
  "POST /api/admin/users/{userName}/disconnect": [
    ({ alice }) => ({ path: { userName: alice.userName }, body: { device: "phone" } }),
    () => ADMIN,
  ],
  "POST /api/admin/users/{userName}/restore": [
    ({ alice }) => ({ path: { userName: alice.userName }, body: { at: 1_800_000_000_000 } }),
    () => ADMIN,
  ],
  "PUT /api/admin/users/{userName}/suspension": [
    async () => ({ path: { userName: (await claimAccount("erin")).userName }, body: { reason: "spam" } }),
    () => ADMIN,
  ],
  "PATCH /api/admin/users/{userName}/quotas": [
    ({ alice }) => ({ path: { userName: alice.userName }, body: { SENDS_PER_SECOND: 50, SOCKETS: null } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/users/{userName}/suspension": [
    ({ alice }) => ({ path: { userName: alice.userName } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/users/{userName}": [
    async () => ({ path: { userName: (await claimAccount("erin")).userName } }),
    () => ADMIN,
  ],
  "POST /api/admin/services": [() => ({ body: { userName: fresh("robot"), scopes: ["read"] } }), () => ADMIN],
  "GET /api/admin/services": [() => ({}), () => ADMIN],
  "GET /api/admin/services/{userName}": [({ shop }) => ({ path: { userName: shop.userName } }), () => ADMIN],
  "POST /api/admin/services/{userName}/tokens": [
    ({ shop }) => ({ path: { userName: shop.userName }, body: { scopes: ["send"] } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/services/{userName}/tokens/{id}": [
    ({ shop }) => ({ path: { userName: shop.userName, id: shop.id } }),
    () => ADMIN,
  ],
  "PUT /api/admin/services/{userName}/webhook": [
    ({ shop }) => ({ path: { userName: shop.userName }, body: { url: "https://hooks.example.com/" } }),
    () => ADMIN,
  ],
  "DELETE /api/admin/services/{userName}/webhook": [({ shop }) => ({ path: { userName: shop.userName } }), () => ADMIN],
  "DELETE /api/admin/services/{userName}": [({ shop }) => ({ path: { userName: shop.userName } }), () => ADMIN],
  "POST /api/sign-out/others": [() => ({})],
  "POST /api/sign-out": [() => ({})],
  "DELETE /api/account": [() => ({}), ({ bob }) => bob.token],
};

/** All routes, in the order of their valid calls. */
export const inOrder = operations.toSorted((a, b) => orderOf(a) - orderOf(b));

function orderOf({ name }: Operation): number {
  return Object.keys(validCalls).indexOf(name);
}

let addresses = 0;

/** Sends a call of a route, from an address of its own. */
export function request(
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
      ...(body !== undefined && { body: body instanceof RawBody ? body.text : JSON.stringify(body) }),
    }),
  );
}

/** The seq of alice's newest message, of all or with a peer. */
async function newest(alice: Account, peer?: string): Promise<string> {
  const response = await callApi("GET", "/api/conversations", undefined, alice.token);
  const { conversations } = await response.json<{ conversations: { peer: string; last: { seq: number } }[] }>();
  return String(conversations.find((one) => peer === undefined || one.peer === peer)?.last.seq);
}

/** The seq of a new message of bob's in alice's log. */
async function received(alice: Account, bob: Account): Promise<string> {
  await callApi("PUT", `/api/contacts/${bob.userName}`, {}, alice.token);
  await callApi("POST", "/api/messages", { to: alice.userName, body: "buy this" }, bob.token);
  return newest(alice, bob.userName);
}

/** The id of a report of alice's about bob. */
async function reported(alice: Account, bob: Account): Promise<string> {
  const seqs = [Number(await received(alice, bob))];
  const body = { userName: bob.userName, reason: "abuse", seqs, consent: true };
  return String((await json(callApi("POST", "/api/reports", body, alice.token)))["id"]);
}

/** Signs in another device of alice's, and returns its id. */
async function anotherDevice(alice: Account): Promise<string> {
  const { code } = await json(callApi("POST", "/api/link-codes", undefined, alice.token));
  return (await json(callApi("POST", "/api/sign-in", { userName: alice.userName, code })))["device"] ?? "";
}

/** A stranger with an open request to alice. */
async function stranger(alice: Account): Promise<string> {
  const { userName, token } = await claimAccount("dave");
  await callApi("POST", "/api/messages", { to: alice.userName, body: "hi" }, token);
  return userName;
}

/** A response that adds the passkey. */
async function created({ alice, key }: Users): Promise<unknown> {
  const { challenge = "" } = await json(callApi("POST", "/api/passkeys/options", undefined, alice.token));
  return key.create({ challenge, origin: HOST, host, counter: 1 });
}

/** A response that signs in with the passkey. */
async function signed({ alice, key }: Users): Promise<unknown> {
  const { challenge = "" } = await json(callApi("POST", "/api/sign-in/passkey/options", { userName: alice.userName }));
  return key.get({ challenge, origin: HOST, host, counter: 2 });
}

/** A response that proves the user with the passkey. */
async function proved({ alice, key }: Users): Promise<unknown> {
  const { challenge = "" } = await json(callApi("POST", "/api/proof/passkey/options", undefined, alice.token));
  return key.get({ challenge, origin: HOST, host, counter: 3 });
}

/** The required fields of a body. */
export function requiredOf(schema: Record<string, unknown>): string[] {
  const { required, anyOf } = dereferenced(schema) as { required?: string[]; anyOf?: Record<string, unknown>[] };
  return required ?? anyOf?.flatMap(requiredOf) ?? [];
}

/** Fields of the right type without a meaning: for requests that are refused before they are parsed. */
export function placeholder({ body }: Operation): Call {
  const values: Record<string, unknown> = { userName: "zoe", code: "1111-1111", response: { id: "x" } };
  return { body: Object.fromEntries(requiredOf(body ?? {}).map((name) => [name, values[name]])) };
}
