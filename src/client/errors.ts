// The errors that the SDK makes: each has a word for programs and a sentence for people. It knows no cause by itself.

/** What an error has beside its code and its sentence. */
interface Details {
  /** What a function of the application, or the runtime, threw. */
  readonly cause?: unknown;
  /** The HTTP status of the server's answer. */
  readonly status?: number | undefined;
}

/**
 * An error of this SDK. `code` is a word for programs: `token_failed`, `bad_token`, `socket_failed`, `unreachable`,
 * `bad_answer`, `timeout`, `aborted`, `closed`, `not_followed`, or the code with which a message failed. `status`: the
 * HTTP status, where the server has answered.
 */
export class RestanteError extends Error {
  // Minified code gives classes other names, and logs show both of these.
  static override readonly name: string = "RestanteError";
  static {
    this.prototype.name = this.name;
  }

  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, message: string, { status, ...cause }: Details = {}) {
    super(message, cause);
    this.code = code;
    this.status = status;
  }
}

/** The server refused: `code` of docs/PROTOCOL.md, `message` a sentence, `retryAfter` ms where waiting helps. */
export class Refused extends RestanteError {
  static override readonly name: string = "Refused";
  static {
    this.prototype.name = this.name;
  }

  readonly retryAfter: number | null;

  constructor(code: string, message: string, retryAfter: number | null, status?: number) {
    super(code, message, { status });
    this.retryAfter = retryAfter;
  }
}

/** What was thrown, as a part of a sentence. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.name === "Error" ? thrown.message : String(thrown);
}
