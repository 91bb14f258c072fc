// People with accounts, for tests inside the runtime: a claimed name, its token, and requests as a browser or as a program makes them.
import { exports } from "cloudflare:workers";
import { V1 } from "../../src/protocol/version.ts";
import { fresh, lineOf, upgrade } from "./devices.ts";
import { Device } from "./line.ts";

export const HOST = "http://restante.test";

export interface Account {
  readonly userName: string;
  readonly token: string;
  readonly recoveryCode: string;
  readonly device: string;
}

/** A request to the door, as it stands. */
export function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(`${HOST}${path}`, init));
}

/** A request with a JSON body, and a token if there is one; from an address of its own. */
export function say(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { "CF-Connecting-IP": address() };
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  return ask(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

let addresses = 0;

/** An address that no other request has. */
export function address(): string {
  addresses++;
  return `198.18.${addresses >> 8}.${addresses & 255}`;
}

/** Claims a name that no other test has. */
export async function claimed(name: string): Promise<Account> {
  const response = await say("POST", "/api/accounts", { userName: fresh(name) });
  if (response.status !== 201) throw new Error(`not claimed: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Opens a mailbox's socket with a token in the header. */
export async function openAs({ userName, token }: Pick<Account, "userName" | "token">, device = "phone") {
  const path = `/client/${encodeURIComponent(userName)}?device=${device}`;
  return Device.on(lineOf(await upgrade(path, V1, { Authorization: `Bearer ${token}` })));
}

/** Tries to, and returns the code that it was closed with. */
export async function closedWith(
  userName: string,
  headers: Record<string, string>,
  protocol: string = V1,
): Promise<number> {
  const line = lineOf(
    await upgrade(`/client/${encodeURIComponent(userName)}?device=phone`, protocol, {
      "CF-Connecting-IP": address(),
      ...headers,
    }),
  );
  return (await line.end()).code;
}
