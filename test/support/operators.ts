// The operator's token and service accounts, for tests inside the runtime, in every mode of authentication.
import { env } from "cloudflare:workers";
import type { Scope } from "../../src/protocol/service.ts";
import { callApi } from "./accounts.ts";
import { fresh } from "./devices.ts";

export const ADMIN = (env as Env & { readonly ADMIN_TOKEN: string }).ADMIN_TOKEN;

export interface ServiceAccount {
  readonly userName: string;
  readonly token: string;
  readonly id: string;
  readonly scopes: readonly Scope[];
}

/** Creates a service account that no other test uses. */
export async function createService(name: string, ...scopes: Scope[]): Promise<ServiceAccount> {
  const response = await callApi("POST", "/api/admin/services", { userName: fresh(name), scopes }, ADMIN);
  if (response.status !== 201) throw new Error(`not created: ${response.status} ${await response.text()}`);
  return response.json();
}

/** The status and the code of a response. */
export async function statusAndCode(response: Response | Promise<Response>): Promise<[status: number, code: unknown]> {
  const answer = await response;
  const text = await answer.text();
  return [answer.status, text === "" ? null : (JSON.parse(text) as { code?: unknown }).code];
}
