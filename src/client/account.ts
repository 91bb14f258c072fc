// Accounts, as an application sees them: claiming a name, signing in, and the user's devices. It knows addresses and
// shapes only; the server decides that a browser gets the token as a cookie.
import type { Settings, SignedInDevice } from "../protocol/caller.ts";
import { messageRefusal } from "../protocol/message-refusals.ts";
import { Refused } from "./errors.ts";
import { nameOf } from "./names.ts";
import { read, readList, type RequestOptions, Server } from "./server.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

/** How users come in. `auth`: accounts, jwt or open; `registration`: open, invite or closed. */
export interface Entrance {
  readonly auth: string;
  readonly registration: string | null;
}

/** A signed-in device. The token is for programs other than browsers; the recovery code is shown once. */
export interface SignedIn {
  readonly userName: string;
  readonly token: string;
  readonly recoveryCode: string | null;
}

/** One of the user's passkeys. Times in ms since 1970. */
export interface AccountPasskey {
  readonly id: string;
  readonly label: string;
  readonly created: number;
  readonly seen: number;
}

const ENTRANCE = { auth: "text", registration: "text?" } as const;
const SIGNED_IN = { userName: "text", token: "text", recoveryCode: "text?" } as const;
const FREE = { free: "flag" } as const;
const WHO = { userName: "text" } as const;
const PASSKEY = { id: "text", label: "text", created: "int", seen: "int" } as const;
const DEVICE = { ...PASSKEY, online: "flag", current: "flag" } as const;
const SETTINGS = { receipts: "flag", presence: "flag" } as const;
const LINK = { code: "text", expires: "int" } as const;
const RECOVERY = { recoveryCode: "text" } as const;

/** How users come in at the server at `url`. */
export async function entranceOf(url: string, options?: RequestOptions): Promise<Entrance> {
  const { auth, registration = null } = read(ENTRANCE, await new Server(url, null, options).ask("/api/auth"));
  return { auth, registration };
}

/** Refusals of the caller. A suspended user is still signed in. All other codes say nothing of who is. */
const SIGNED_OUT: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "erased"]);

/**
 * The user of this browser's cookie; null where nobody is signed in. Rejects where the server's answer does not say so:
 * the data of a user who may be signed in is not deleted.
 */
export async function signedInAs(url: string, options?: RequestOptions): Promise<string | null> {
  try {
    return read(WHO, await new Server(url, null, options).ask("/api/account")).userName;
  } catch (error) {
    if (error instanceof Refused && SIGNED_OUT.has(error.code)) return null;
    throw error;
  }
}

/**
 * Claims a free name. Rejects with a `Refused`: `name_taken`, `forbidden` where registration is not open,
 * `rate_limited`.
 */
export async function claim(
  url: string,
  claimed: { readonly userName: string; readonly label?: string; readonly invitation?: string },
  options?: RequestOptions,
): Promise<SignedIn> {
  return signedInBy(await new Server(url, null, options).ask("/api/accounts", { method: "POST", body: claimed }));
}

/**
 * Whether `claim` would give the caller this name now; it claims nothing. Rejects as `claim` does. The server counts it
 * as an attempt to claim a name, of which an address has 30 a minute: ask when the user pauses, not for each letter.
 */
export async function isNameFree(
  url: string,
  asked: { readonly userName: string; readonly invitation?: string },
  options?: RequestOptions,
): Promise<boolean> {
  return read(FREE, await new Server(url, null, options).ask("/api/names", { method: "POST", body: asked })).free;
}

/** Signs this device in with a recovery code, which is replaced then, or a link code. Rejects with a `Refused`. */
export async function signIn(
  url: string,
  proof: { readonly userName: string; readonly code: string; readonly label?: string },
  options?: RequestOptions,
): Promise<SignedIn> {
  return signedInBy(await new Server(url, null, options).ask("/api/sign-in", { method: "POST", body: proof }));
}

/** Signs this device in with a passkey of its browser. Rejects with a `Refused`, or with the browser's error. */
export async function signInWithPasskey(
  url: string,
  who: { readonly userName: string; readonly label?: string },
  options: RequestOptions = {},
): Promise<SignedIn> {
  const { userName } = who;
  const server = new Server(url, null, options);
  return signedInBy(await withPasskey("Request", server, "/api/sign-in/passkey", who, options, { userName }));
}

/**
 * Signs this user out, where the browser's cookie is theirs: for a page without an open mailbox. Rejects with a `Refused`:
 * `unauthorized` where nobody is signed in, `forbidden` where somebody else is. After any other error they may still be.
 */
export async function signOut(
  url: string,
  { userName }: { readonly userName: string },
  options?: RequestOptions,
): Promise<void> {
  await new Server(url, userName, options).change("POST", "/api/sign-out");
}

/**
 * Asks for options with the body `asked`, and sends the browser's response to them with the rest of the body `given`:
 * with an existing passkey, or with a new one.
 */
function withPasskey(
  kind: "Request" | "Creation",
  server: Server,
  path: string,
  given: object,
  wait: WaitOptions = {},
  asked?: object,
): Promise<unknown> {
  return waitFor(async (signal) => {
    const options = await server.ask(`${path}/options`, { method: "POST", body: asked }, { signal });
    const publicKey = PublicKeyCredential[`parse${kind}OptionsFromJSON`](options as never) as never;
    const made = await navigator.credentials[kind === "Request" ? "get" : "create"]({ publicKey, signal });
    const response = (made as PublicKeyCredential).toJSON();
    return server.ask(path, { method: "POST", body: { ...given, response } }, { signal });
  }, wait);
}

/**
 * The account of an open mailbox. Every method rejects with a `Refused` if the server refuses. Methods that change who
 * can come in are refused with `proof_required` where this device has not signed in or given a proof for 15 minutes:
 * then call `prove`, and try again. `wait`: when to stop waiting; the server may have done it by then.
 */
export class Account {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** The devices that can come in, with the calling one. */
  async devices(wait?: WaitOptions): Promise<readonly SignedInDevice[]> {
    return readList(await this.#server.ask("/api/devices", {}, wait)).map((one) => read(DEVICE, one));
  }

  /**
   * Signs another device out. Its connections are closed, and its passkeys and codes end. Resolves with a new recovery
   * code, to be shown, where that device had made the last one; otherwise with null.
   */
  async signOutDevice(id: string, wait?: WaitOptions): Promise<string | null> {
    const answer = await this.#server.ask(`/api/devices/${encodeURIComponent(id)}`, { method: "DELETE" }, wait);
    return answer === undefined ? null : read(RECOVERY, answer).recoveryCode;
  }

  /** Signs all other devices out, and ends their passkeys and codes. Resolves with a new recovery code, to be shown. */
  async signOutOthers(wait?: WaitOptions): Promise<string> {
    return read(RECOVERY, await this.#server.ask("/api/sign-out/others", { method: "POST" }, wait)).recoveryCode;
  }

  /** Proves with the recovery code, which stays valid, that the caller is the user. */
  async prove(code: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("POST", "/api/proof", wait, { code });
  }

  /** The same with a passkey of this browser. Rejects also with the browser's error. */
  async proveWithPasskey(wait?: WaitOptions): Promise<void> {
    await withPasskey("Request", this.#server, "/api/proof/passkey", {}, wait);
  }

  /** Signs this device out. */
  async signOut(wait?: WaitOptions): Promise<void> {
    await this.#server.change("POST", "/api/sign-out", wait);
  }

  /** Makes a passkey for this account in the browser. Rejects also with the browser's error. */
  async addPasskey(label?: string, wait?: WaitOptions): Promise<void> {
    await withPasskey("Creation", this.#server, "/api/passkeys", { label }, wait);
  }

  /** The passkeys with which the user can sign in. */
  async passkeys(wait?: WaitOptions): Promise<readonly AccountPasskey[]> {
    return readList(await this.#server.ask("/api/passkeys", {}, wait)).map((one) => read(PASSKEY, one));
  }

  /** Ends a passkey; the authenticator keeps its part. */
  async removePasskey(id: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("DELETE", `/api/passkeys/${encodeURIComponent(id)}`, wait);
  }

  /** Whether receipts and presence are shared with others, and shown of others. */
  async settings(wait?: WaitOptions): Promise<Settings> {
    return read(SETTINGS, await this.#server.ask("/api/settings", {}, wait));
  }

  /** Changes the given settings; resolves with all settings. */
  async change(settings: Partial<Settings>, wait?: WaitOptions): Promise<Settings> {
    return read(SETTINGS, await this.#server.ask("/api/settings", { method: "PUT", body: settings }, wait));
  }

  /** Erases the account and everything in its mailbox, for good. */
  async erase(wait?: WaitOptions): Promise<void> {
    await this.#server.change("DELETE", "/api/account", wait);
  }

  /** A short code with which one more device can sign in until `expires`, ms since 1970. */
  async linkCode(wait?: WaitOptions): Promise<{ readonly code: string; readonly expires: number }> {
    return read(LINK, await this.#server.ask("/api/link-codes", { method: "POST" }, wait));
  }

  /** A new recovery code in place of the old one. */
  async recoveryCode(wait?: WaitOptions): Promise<string> {
    return read(RECOVERY, await this.#server.ask("/api/recovery-code", { method: "POST" }, wait)).recoveryCode;
  }
}

/**
 * From whom the user receives messages. Each change comes back over the connection to all devices. Each rejects with a
 * `Refused`. `wait`: when to stop waiting; the server may have done it by then.
 */
export class People {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Makes a stranger a contact. */
  async accept(peer: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("PUT", pathOf("contacts", peer), wait);
  }

  /** Accepts no more messages of this user, who is not notified. */
  async block(peer: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("PUT", pathOf("blocks", peer), wait);
  }

  /** Accepts messages of this user again. */
  async unblock(peer: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("DELETE", pathOf("blocks", peer), wait);
  }

  /** The names of blocked users. */
  async blocked(wait?: WaitOptions): Promise<readonly string[]> {
    return readList(await this.#server.ask("/api/blocks", {}, wait)).filter((name) => typeof name === "string");
  }
}

/** The address of a user in a list. A name that nobody can have is refused here as the server would. */
export function pathOf(list: "contacts" | "blocks" | "conversations", peer: string): string {
  const name = nameOf(peer);
  if ("name" in name) return `/api/${list}/${encodeURIComponent(name.name)}`;
  throw new Refused(name.refused, messageRefusal(name.refused).message, null);
}

function signedInBy(answer: unknown): SignedIn {
  const { recoveryCode = null, ...rest } = read(SIGNED_IN, answer);
  return { ...rest, recoveryCode };
}
