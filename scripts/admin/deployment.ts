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

/** The server began to answer, and the answer is not whole. */
export class BrokenOff extends Error {}

/**
 * Ms until an answer begins, and ms in which nothing more of it comes. How long all of it takes is limited by nothing: a mailbox may be
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

  /** Asks, and reads the answer as JSON; null for one without a body. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = await this.#textOf(await this.#fetch(method, path, body));
    return (text === "" ? null : parse(this.url, text)) as T;
  }

  /** Asks, and hands the answer on piece by piece if it is a yes. */
  async read(method: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#pieces(await this.#fetch(method, path));
  }

  async #fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await this.#send(method, path, body);
    if (response.ok) return response;
    const problem = parse(this.url, await this.#textOf(response)) as { code?: unknown; message?: unknown } | null;
    const code = typeof problem?.code === "string" ? problem.code : String(response.status);
    const message = typeof problem?.message === "string" ? problem.message : `It answered ${response.status}.`;
    throw new Refused(response.status, code, message);
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
      throw new Unreachable(`${this.url} can't be reached: ${reasonOf(error)}.`);
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
        const { done, value } = await within(reader.read(), idleMs);
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw new BrokenOff(`The answer of ${this.url} broke off: ${reasonOf(error)}.`);
    } finally {
      // Whoever stops reading, for whatever reason, leaves no connection behind.
      reader.cancel().catch(() => undefined);
    }
  }
}

/** What it resolves with, if that takes no longer. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
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
  if (!(error instanceof Error)) return "for no reason";
  return (error.cause as Error | undefined)?.message ?? error.message;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable(`${url} answers, but not as Restante does.`);
  }
}
