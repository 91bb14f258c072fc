// Accounts for tests inside the runtime: claimed names with tokens, and requests like those of browsers and programs.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { V1 } from "../../src/protocol/version.ts";
import { Authenticator } from "./authenticator.ts";
import { fresh, socketOf, upgrade } from "./devices.ts";
import { Device } from "./client-socket.ts";

export const HOST = "http://restante.test";

export interface Account {
  readonly userName: string;
  readonly token: string;
  readonly recoveryCode: string;
  readonly device: string;
}

/** Sends a request to the Worker. */
export function fetchWorker(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(`${HOST}${path}`, init));
}

/** Sends a request with a JSON body, and a token if one is given, from an unused address. */
export function callApi(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { "CF-Connecting-IP": unusedAddress() };
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  return fetchWorker(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

let addresses = 0;

/** An address that no other request uses. */
export function unusedAddress(): string {
  addresses++;
  return `198.18.${addresses >> 8}.${addresses & 255}`;
}

/** Claims a name that no other test uses. */
export async function claimAccount(name: string): Promise<Account> {
  const response = await callApi("POST", "/api/accounts", { userName: fresh(name) });
  if (response.status !== 201) throw new Error(`not claimed: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Moves the times that an account stores of its devices into the past, by `ms` (default: an hour). */
export async function ageAccount({ userName }: Pick<Account, "userName">, ms = 3_600_000): Promise<void> {
  await runInDurableObject(env.MAILBOX.getByName(userName), (_, { storage: { sql } }) => {
    sql.exec("UPDATE token SET created = created - ?1, seen = seen - ?1, proved = proved - ?1", ms);
    sql.exec("UPDATE account SET notified = notified - ?1", ms);
  });
  await evictDurableObject(env.MAILBOX.getByName(userName), { webSockets: "hibernate" });
}

/** Adds a device, by a link code of the first one. */
export async function linkDevice(account: Account, label = "Tablet", maker = account.token): Promise<Account> {
  const { code } = await (await callApi("POST", "/api/link-codes", undefined, maker)).json<{ code: string }>();
  const response = await callApi("POST", "/api/sign-in", { userName: account.userName, code, label });
  if (response.status !== 200) throw new Error(`not linked: ${response.status} ${await response.text()}`);
  return response.json();
}

/**
 * Adds a passkey to the account. `enter` signs a new challenge with it, and returns a function that signs in with the
 * result.
 */
export async function addPasskey({ userName, token }: Account, label = "My key") {
  const key = await Authenticator.make();
  const about = { origin: HOST, host: new URL(HOST).host };
  const options = async (path: string, body?: unknown, as?: string) =>
    (await (await callApi("POST", path, body, as)).json<{ challenge: string }>()).challenge;
  const made = await key.create({
    ...about,
    challenge: await options("/api/passkeys/options", undefined, token),
    counter: 1,
  });
  const added = await callApi("POST", "/api/passkeys", { response: made, label }, token);
  if (added.status !== 204) throw new Error(`not added: ${added.status} ${await added.text()}`);
  const enter = async (by: Authenticator, counter: number) => {
    const challenge = await options("/api/sign-in/passkey/options", { userName });
    const response = await by.get({ ...about, challenge, counter });
    return () => callApi("POST", "/api/sign-in/passkey", { userName, response });
  };
  /** Signs a challenge and sends it as a fresh proof. */
  const prove = async (counter: number, as = token) => {
    const challenge = await options("/api/proof/passkey/options", undefined, as);
    const response = await key.get({ ...about, challenge, counter });
    return callApi("POST", "/api/proof/passkey", { response }, as);
  };
  return { key, enter, prove };
}

/** Opens a socket to a mailbox, with a token in the header. `query` is appended after `device=…`. */
export async function openWithToken(
  { userName, token }: Pick<Account, "userName" | "token">,
  device = "phone",
  query = "",
) {
  const path = `/client/${encodeURIComponent(userName)}?device=${device}${query}`;
  return Device.open(socketOf(await upgrade(path, V1, { Authorization: `Bearer ${token}` })));
}

/** Tries to open a socket; returns the code of its close. */
export async function closeCodeOf(
  userName: string,
  headers: Record<string, string>,
  protocol: string = V1,
): Promise<number> {
  const line = socketOf(
    await upgrade(`/client/${encodeURIComponent(userName)}?device=phone`, protocol, {
      "CF-Connecting-IP": unusedAddress(),
      ...headers,
    }),
  );
  return (await line.untilClosed()).code;
}
