// A deployment, as an operator reaches it: requests with the token, and what they are answered. The token is in a header and nowhere else.

/** The server said no. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The server did not answer, or it is no Restante. */
export class Unreachable extends Error {}

/** Ms without an answer. */
const PATIENCE = 30_000;

export class Deployment {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /** Asks, and reads the answer as JSON; null for one without a body. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body);
    const text = await response.text();
    return (text === "" ? null : parse(this.url, text)) as T;
  }

  /** Asks, and hands the answer on if it is a yes. */
  async fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await this.#send(method, path, body);
    if (response.ok) return response;
    const problem = parse(this.url, await response.text()) as { code?: unknown; message?: unknown } | null;
    const code = typeof problem?.code === "string" ? problem.code : String(response.status);
    const message = typeof problem?.message === "string" ? problem.message : `It answered ${response.status}.`;
    throw new Refused(response.status, code, message);
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#token}` };
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers,
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const why = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : "";
      throw new Unreachable(`${this.url} can't be reached: ${why}.`);
    }
  }
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable(`${url} answers, but not as Restante does.`);
  }
}
