// Accounts of a real server over HTTP: to claim a name, to send, and to ask anything as a user.
import { expect } from "vitest";

export interface HttpAccount {
  readonly userName: string;
  readonly token: string;
}

/** Each method asks the server at `url()`, which may have been started again. */
export class HttpAccounts {
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  ask(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return fetch(`${this.#url()}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async claim(userName: string): Promise<HttpAccount> {
    const response = await this.ask("POST", "/api/accounts", { userName });
    expect(response.status).toBe(201);
    return (await response.json()) as HttpAccount;
  }

  async send({ token }: HttpAccount, to: string, bodies: readonly string[]): Promise<void> {
    const messages = bodies.map((body) => ({ to, body }));
    expect((await this.ask("POST", "/api/messages", messages, token)).status).toBe(200);
  }
}
