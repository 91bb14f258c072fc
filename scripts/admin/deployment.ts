// A client of a deployment's API for operators. The token is sent in a header only.

/** The server refused the request. */
export class RefusedError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The server did not respond, or is not Restante. */
export class UnreachableError extends Error {}

/** The response was truncated. */
export class TruncatedError extends Error {}

/**
 * Ms until a response starts, and ms without further data. The whole response has no limit, because a mailbox may be
 * large. Answers: a command that hangs.
 */
const LIMITS = { answerMs: 30_000, idleMs: 60_000 } as const;

type Limits = { readonly [Name in keyof typeof LIMITS]: number };

export class Deployment {
  readonly url: string;
  readonly #token: string;
  readonly #limits: Limits;

  constructor(url: string, token: string, limits: Limits = LIMITS) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#limits = limits;
  }

  /** Sends a request and returns the response as JSON; null without a body. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = await this.#textOf(await this.#fetch(method, path, body));
    return (text === "" ? null : parse(this.url, text)) as T;
  }

  /** Sends a request and returns a successful response in pieces. */
  async stream(method: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#pieces(await this.#fetch(method, path));
  }

  async #fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await this.#send(method, path, body);
    if (response.ok) return response;
    const problem = parse(this.url, await this.#textOf(response)) as { code?: unknown; message?: unknown } | null;
    const code = typeof problem?.code === "string" ? problem.code : String(response.status);
    const message = typeof problem?.message === "string" ? problem.message : `It answered ${response.status}.`;
    throw new RefusedError(response.status, code, message);
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#token}` };
    const init = {
      method,
      headers,
      redirect: "error" as const,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const { answerMs } = this.#limits;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${answerMs / 1_000} s`)), answerMs);
    try {
      return await fetch(`${this.url}${path}`, { ...init, signal: controller.signal });
    } catch (error) {
      throw new UnreachableError(`${this.url} can't be reached: ${reasonOf(error)}.`);
    } finally {
      clearTimeout(timer);
    }
  }

  async #textOf(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of this.#pieces(response)) text += decoder.decode(piece, { stream: true });
    return text + decoder.decode();
  }

  async *#pieces(response: Response): AsyncGenerator<Uint8Array> {
    const { idleMs } = this.#limits;
    if (response.body === null) return;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await withTimeout(reader.read(), idleMs);
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw new TruncatedError(`The response of ${this.url} broke off: ${reasonOf(error)}.`);
    } finally {
      // Closes the connection when the caller stops reading.
      reader.cancel().catch(() => undefined);
    }
  }
}

/** The result of `work`, or an error after `ms`. */
async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`nothing came for ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return (error.cause as Error | undefined)?.message ?? error.message;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreachableError(`${url} responds, but is not Restante.`);
  }
}
