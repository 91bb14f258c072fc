// Where the server is and who the caller is: addresses, and the token in a header or a subprotocol. It knows no frame.
import { matchesShape, type Shape, type ShapeOf } from "../protocol/json-shape.ts";
import { V1 } from "../protocol/version.ts";
import { parseJson } from "../protocol/json.ts";
import type { Debug } from "./debug.ts";
import { Refused, RestanteError, sentenceOf } from "./errors.ts";
import type { ServerAddress } from "./live-socket.ts";
import { newDevice } from "./random-ids.ts";
import { timesOf, type Times } from "./timing.ts";
import { readToken, type Token } from "./token.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

/** The parts of a request. */
export interface Query {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | undefined;
  readonly search?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How requests are made, and when to stop waiting. */
export interface RequestOptions extends WaitOptions {
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** What a server needs to know of the caller. */
interface Caller extends RequestOptions {
  readonly token?: Token | undefined;
  readonly times?: Times;
  readonly debug?: Debug | undefined;
}

const PROBLEM = { code: "text", message: "text", retryAfter: "int?" } as const;

/** Scheme, host with port, path. */
const URL_FORM = /^(http|ws)(s?):\/\/([^\s/?#@\\]+)(\/[^\s?#\\]*)?$/i;

export class Server {
  /** Name and port, and the path below which the server is mounted: a part of the name of a store. */
  readonly host: string;
  /** `s` where the connection is encrypted. */
  readonly #secure: string;
  readonly #user: string | null;
  readonly #caller: Caller;
  readonly #times: Times;
  /** With the number of an attempt it says to the server which of two attempts of this client is the newer one. */
  readonly #instance = newDevice().slice(0, 16);
  #attempts = 0;

  /** `user` null: the user of the browser's cookie. Throws a TypeError if `url` is none. */
  constructor(url: string, user: string | null = null, caller: Caller = {}) {
    const [, , secure, host, path = ""] = URL_FORM.exec(String(url)) ?? [];
    if (host === undefined || secure === undefined)
      throw new TypeError(
        `url has the form https://host or http://host:port/path, without a query. This is none: ${url}`,
      );
    this.#secure = secure.toLowerCase();
    this.host = canonicalHost(`http${this.#secure}://${host}`, host) + path.replace(/\/+$/, "");
    this.#user = user;
    this.#caller = caller;
    this.#times = caller.times ?? timesOf();
  }

  /** Whether the next attempt may have another token. */
  get renews(): boolean {
    return typeof this.#caller.token === "function";
  }

  /** The address of one attempt to open the mailbox's socket; `query` says where this device is. */
  async socketAddress(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ServerAddress> {
    const attempt = `${this.#instance}.${++this.#attempts}`;
    const path = `/client/${encodeURIComponent(this.#user ?? "")}`;
    const token = await this.currentToken({ signal });
    const protocols = token === undefined ? [V1] : [V1, `bearer.${token}`];
    return { url: this.#address("ws", path, { ...query, attempt }), protocols };
  }

  /**
   * Asks over HTTP; resolves with the answer's JSON. Rejects with a `Refused`, with a `RestanteError` where there is no
   * answer of this server, and when the caller waits no longer.
   */
  readonly ask = (path: string, query: Query = {}, wait: WaitOptions = this.#caller): Promise<unknown> =>
    waitFor(async (signal) => {
      const token = await this.currentToken({ signal });
      const limits = { signal, timeoutMs: this.#times.requestMs };
      return await waitFor((within) => this.#request(path, query, token, within), limits);
    }, wait);

  /** The same where the answer says nothing more. */
  async change(method: Query["method"], path: string, wait?: WaitOptions, body?: unknown): Promise<void> {
    await this.ask(path, { method, body }, wait);
  }

  /** A fresh token, or the only one. Rejects with `token_failed` or `bad_token`. */
  currentToken({ signal, timeoutMs = Infinity }: WaitOptions): Promise<string | undefined> {
    return readToken(this.#caller.token, { signal, timeoutMs: Math.min(timeoutMs, this.#times.tokenMs) });
  }

  async #request(
    path: string,
    { method = "GET", search = {}, body }: Query,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { fetch: send = fetch, debug } = this.#caller;
    let status: number;
    let text: string;
    try {
      const query = { ...(this.#user !== null && { user: this.#user }), ...search };
      const response = await send(this.#address("http", path, query), {
        method,
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        signal,
      });
      ({ status } = response);
      text = await response.text();
    } catch (cause) {
      debug?.({ what: "request", method, path, error: cause });
      if (signal.aborted) throw cause;
      throw new RestanteError("unreachable", `The server can't be reached: ${sentenceOf(cause)}`, { cause });
    }
    debug?.({ what: "request", method, path, status });
    const value = parseJson(text);
    if (status < 300) return value;
    if (matchesShape(PROBLEM, value)) throw new Refused(value.code, value.message, value.retryAfter ?? null, status);
    const message = `The server answered with the status ${status} and without a reason. Is the url right?`;
    throw new RestanteError("bad_answer", message, { status });
  }

  #address(scheme: "http" | "ws", path: string, query: Readonly<Record<string, string>>): string {
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${scheme}${this.#secure}://${this.host}${path}${search.length > 0 ? "?" : ""}${search.join("&")}`;
  }
}

/** The host in lower case, without the port that the scheme has anyway. */
function canonicalHost(url: string, host: string): string {
  try {
    return new URL(url).host;
  } catch {
    // React Native's `URL` had no `host` up to 0.79.
    return host.toLowerCase();
  }
}

/** An answer of this shape; throws a sentence. */
export function read<S extends Shape>(shape: S, value: unknown): ShapeOf<S> {
  if (!matchesShape(shape, value)) throw unreadable();
  return value;
}

/** An answer that is a list; throws a sentence. */
export function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable();
  return value;
}

function unreadable(): RestanteError {
  return new RestanteError("bad_answer", "The server's answer can't be read.");
}
