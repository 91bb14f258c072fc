// The deployment under test: its mode, HTTP requests, and users with tokens. Users that the suite made are erased at
// the end. It knows no case.
import { randomBytes } from "node:crypto";
import { Skipped } from "../recording.ts";

export interface User {
  readonly name: string;
  /** Null where the server asks for none. */
  readonly token: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined. */
  readonly value: unknown;
}

export interface HttpCall {
  readonly user?: User;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest wait for a limit of the server, ms. */
const MAX_WAIT_MS = 65_000;
/** A kept connection that the server ends just then would fail a request, and nobody could know whether it was done. */
const UNSHARED = { Connection: "close" };
const HTTP_TIMEOUT_MS = 30_000;

export class Target {
  /** Without a slash at the end. */
  readonly url: string;
  readonly auth: string;
  readonly registration: string;
  readonly given: readonly User[];
  readonly #print: (line: string) => void;
  readonly #made: User[] = [];

  private constructor(
    url: string,
    facts: { auth: string; registration: string },
    given: readonly User[],
    print: Target["print"],
  ) {
    this.url = url;
    this.auth = facts.auth;
    this.registration = facts.registration;
    this.given = given;
    this.#print = print;
  }

  /** Asks the server how users authenticate ([A8]). */
  static async find(url: string, given: readonly User[], print: Target["print"]): Promise<Target> {
    const base = url.replace(/\/+$/, "");
    const response = await fetch(`${base}/api/auth`, { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
    if (response.status !== 200) throw new Error(`${base}/api/auth answers ${response.status}: is this the server?`);
    const { auth, registration } = (await response.json()) as { auth?: unknown; registration?: unknown };
    return new Target(base, { auth: String(auth), registration: String(registration ?? "none") }, given, print);
  }

  print(line: string): void {
    this.#print(line);
  }

  /** Whether the suite can have users that nobody used before. */
  get canMakeUsers(): boolean {
    return this.auth === "open" || (this.auth === "accounts" && this.registration === "open");
  }

  /** How many users of its own the suite has. */
  get made(): number {
    return this.#made.length;
  }

  /** A user whose name nobody had. */
  async makeUser(label: string): Promise<User> {
    if (!this.canMakeUsers) throw new Skipped("needs a name that nobody used, and the suite can claim none here");
    const name = `${label}-${randomText()}`;
    const user = { name, token: this.auth === "open" ? null : await this.#claim(name) };
    this.#made.push(user);
    return user;
  }

  /** A request in the name of a user. */
  request(method: string, path: string, { user, body, headers = {} }: HttpCall): Request {
    const address = new URL(this.url + path);
    if (user !== undefined && user.token === null) address.searchParams.set("user", user.name);
    const token = user?.token ?? null;
    return new Request(address, {
      method,
      headers: { ...UNSHARED, ...headers, ...(token !== null && { Authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  }

  /** The answer to a request; one that the server limits waits and is repeated. */
  async http(method: string, path: string, call: HttpCall = {}): Promise<Answer> {
    for (;;) {
      const response = await fetch(this.request(method, path, call), { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
      const text = await response.text();
      const answer = { status: response.status, headers: response.headers, text, value: parse(text) };
      if (answer.status !== 429) return answer;
      await this.#wait(answer.value, `${method} ${path}`);
    }
  }

  /** A case has erased this user. */
  forget(user: User): void {
    const at = this.#made.indexOf(user);
    if (at >= 0) this.#made.splice(at, 1);
  }

  /** Erases the users that the suite made ([A12]), and only these. */
  async erase(): Promise<void> {
    for (const user of this.#made.splice(0)) {
      const failure = await this.http("DELETE", "/api/account", { user }).then(
        ({ status }) => (status === 204 ? null : status),
        (error: unknown) => String(error),
      );
      if (failure !== null) this.print(`${user.name} could not be erased: ${failure}`);
    }
  }

  async #claim(userName: string): Promise<string> {
    const { status, text, value } = await this.http("POST", "/api/accounts", { body: { userName } });
    if (status !== 201) throw new Error(`POST /api/accounts answers ${status}: ${text}`);
    return String((value as { token?: unknown }).token);
  }

  async #wait(problem: unknown, what: string): Promise<void> {
    const { retryAfter } = (problem ?? {}) as { retryAfter?: unknown };
    const ms = typeof retryAfter === "number" ? Math.min(retryAfter, MAX_WAIT_MS) : 1_000;
    if (ms > 2_000) this.print(`The server limits ${what}: waiting ${Math.ceil(ms / 1_000)} s.`);
    await new Promise((done) => setTimeout(done, ms));
  }
}

/** Eight letters and digits that nobody chose. */
export function randomText(): string {
  return BigInt(`0x${randomBytes(8).toString("hex")}`)
    .toString(36)
    .slice(0, 8)
    .padStart(8, "0");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
