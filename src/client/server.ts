// Where the server is and who asks: addresses, and the token in each of its places. It knows no frame.
import { V1 } from "../protocol/version.ts";
import type { Door } from "./line.ts";

type Token = string | (() => string | Promise<string>);

export class Server {
  readonly #origin: URL;
  readonly #user: string;
  readonly #token: Token | undefined;

  /** Throws a TypeError if `url` is none. */
  constructor(url: string, user: string, token: Token | undefined) {
    this.#origin = new URL(url.replace(/^ws/, "http"));
    this.#user = user;
    this.#token = token;
  }

  /** Its name and port: what a store of it is called by. */
  get host(): string {
    return this.#origin.host;
  }

  /** Whether another try may have another token. */
  get renews(): boolean {
    return typeof this.#token === "function";
  }

  /** The mailbox's socket; `place` is the query that says where this device is. */
  async door(place: Record<string, string>): Promise<Door> {
    const url = this.#address(`/client/${encodeURIComponent(this.#user)}`, place);
    url.protocol = url.protocol.replace("http", "ws");
    const token = await this.#present();
    return { url: url.href, protocols: token === undefined ? [V1] : [V1, `bearer.${token}`] };
  }

  /** Asks over HTTP; resolves with the answer's JSON, rejects where there is none. */
  readonly ask = async (path: string, query: Record<string, string>): Promise<unknown> => {
    const token = await this.#present();
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(this.#address(path, { user: this.#user, ...query }), { headers });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return response.json();
  };

  #address(path: string, query: Record<string, string>): URL {
    const url = new URL(path, this.#origin);
    url.search = new URLSearchParams(query).toString();
    return url;
  }

  async #present(): Promise<string | undefined> {
    return typeof this.#token === "function" ? this.#token() : this.#token;
  }
}
