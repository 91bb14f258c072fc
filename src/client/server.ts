// Where the server is and who the caller is: addresses, and the token in a header or a subprotocol. It knows no frame.
import { matchesShape, type Shape, type ShapeOf } from "../protocol/json-shape.ts";
import { V1 } from "../protocol/version.ts";
import { parseJson } from "../protocol/json.ts";
import type { ServerAddress } from "./live-socket.ts";
import { newDevice } from "./random-ids.ts";

type Token = string | (() => string | Promise<string>);

/** The parts of a request. */
export interface Query {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly search?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The server said no: `code` of docs/PROTOCOL.md, `message` a sentence, `retryAfter` ms where waiting helps. */
export class Refused extends Error {
  readonly code: string;
  readonly retryAfter: number | null;

  constructor(code: string, message: string, retryAfter: number | null) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const PROBLEM = { code: "text", message: "text", retryAfter: "int?" } as const;

export class Server {
  readonly #origin: URL;
  readonly #user: string | null;
  readonly #token: Token | undefined;
  /** With the number of an attempt it says to the server which of two attempts of this client is the newer one. */
  readonly #instance = newDevice().slice(0, 16);
  #attempts = 0;

  /** `user` null: the user of the browser's cookie. Throws a TypeError if `url` is none. */
  constructor(url: string, user: string | null = null, token?: Token) {
    this.#origin = new URL(url.replace(/^ws/, "http"));
    this.#user = user;
    this.#token = token;
  }

  /** Its name and port, a part of the name of a store. */
  get host(): string {
    return this.#origin.host;
  }

  /** Whether the next attempt may have another token. */
  get renews(): boolean {
    return typeof this.#token === "function";
  }

  /** The address of one attempt to open the mailbox's socket; `query` says where this device is. */
  async socketAddress(query: Record<string, string>): Promise<ServerAddress> {
    const attempt = `${this.#instance}.${++this.#attempts}`;
    const url = this.#address(`/client/${encodeURIComponent(this.#user ?? "")}`, { ...query, attempt });
    url.protocol = url.protocol.replace("http", "ws");
    const token = await this.currentToken();
    return { url: url.href, protocols: token === undefined ? [V1] : [V1, `bearer.${token}`] };
  }

  /** Asks over HTTP; resolves with the answer's JSON, rejects with a `Refused` or where there is no answer. */
  readonly ask = async (path: string, { method = "GET", search = {}, body }: Query = {}): Promise<unknown> => {
    const token = await this.currentToken();
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const user = this.#user === null ? {} : { user: this.#user };
    const response = await fetch(this.#address(path, { ...user, ...search }), {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const value = parseJson(await response.text());
    if (response.ok) return value;
    if (!matchesShape(PROBLEM, value)) throw new Error(`The server answered ${response.status}.`);
    throw new Refused(value.code, value.message, value.retryAfter ?? null);
  };

  async currentToken(): Promise<string | undefined> {
    return typeof this.#token === "function" ? this.#token() : this.#token;
  }

  #address(path: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(path, this.#origin);
    url.search = new URLSearchParams(query).toString();
    return url;
  }
}

/** An answer of this shape; throws a sentence. */
export function read<S extends Shape>(shape: S, value: unknown): ShapeOf<S> {
  if (!matchesShape(shape, value)) throw new Error("The server's answer can't be read.");
  return value;
}
