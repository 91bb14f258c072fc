// Accounts, as an application sees them: to claim a name, to sign in, and to look after one's devices. It knows addresses and shapes
// only; that a browser keeps the token in a cookie is the server's business.
import type { Settings, SignedInDevice } from "../protocol/caller.ts";
import { type Query, read, Refused, Server } from "./server.ts";

/** What the server asks of whoever comes. `auth`: accounts, jwt or open; `registration`: open, invite or closed. */
export interface Entrance {
  readonly auth: string;
  readonly registration: string | null;
}

/** A signed-in device. The token is for whoever is no browser; the recovery code is shown once. */
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
const WHO = { userName: "text" } as const;
const DEVICE = { id: "text", label: "text", created: "int", seen: "int", online: "flag", current: "flag" } as const;
const PASSKEY = { id: "text", label: "text", created: "int", seen: "int" } as const;
const SETTINGS = { receipts: "flag", presence: "flag" } as const;
const LINK = { code: "text", expires: "int" } as const;
const RECOVERY = { recoveryCode: "text" } as const;

/** What the server at `url` asks of whoever comes. */
export async function entranceOf(url: string): Promise<Entrance> {
  const { auth, registration = null } = read(ENTRANCE, await new Server(url).ask("/api/auth"));
  return { auth, registration };
}

/** Who the cookie says that this browser is signed in as, or null for nobody. Rejects where the server does not say. */
export async function signedInAs(url: string): Promise<string | null> {
  try {
    return read(WHO, await new Server(url).ask("/api/account")).userName;
  } catch (error) {
    // Whoever is suspended is still signed in: nothing of theirs is forgotten.
    if (error instanceof Refused && error.code !== "suspended") return null;
    throw error;
  }
}

/** Claims a free name. Rejects with a `Refused`: `name_taken`, `forbidden` where registration is not open, `rate_limited`. */
export function claim(
  url: string,
  claimed: { readonly userName: string; readonly label?: string; readonly invitation?: string },
): Promise<SignedIn> {
  return signedIn(url, "/api/accounts", claimed);
}

/** Signs this device in with a recovery code, which is replaced then, or a link code. Rejects with a `Refused`. */
export function signIn(
  url: string,
  proof: { readonly userName: string; readonly code: string; readonly label?: string },
): Promise<SignedIn> {
  return signedIn(url, "/api/sign-in", proof);
}

/** Signs this device in with a passkey that its browser has. Rejects with a `Refused`, or with what the browser says. */
export async function signInWithPasskey(
  url: string,
  who: { readonly userName: string; readonly label?: string },
): Promise<SignedIn> {
  const { userName } = who;
  const options = await new Server(url).ask("/api/sign-in/passkey/options", { method: "POST", body: { userName } });
  return signedIn(url, "/api/sign-in/passkey", { ...who, response: await signedBy(options) });
}

/** What a passkey of this browser says to these options. */
async function signedBy(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
}

/**
 * The account of an open mailbox. Every method rejects with a `Refused` if the server says no. What changes who comes in is refused with
 * `proof_required` where this device has not signed in or proved something for a quarter of an hour: then `prove`, and ask again.
 */
export class Account {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  async devices(): Promise<readonly SignedInDevice[]> {
    const list = await this.#server.ask("/api/devices");
    return (Array.isArray(list) ? list : []).map((one) => read(DEVICE, one));
  }

  /**
   * Signs another device out; its connections are closed, and what it made to come in by ends. Resolves with a new recovery code, to be
   * shown, where it had made the last one; otherwise with null.
   */
  async signOutDevice(id: string): Promise<string | null> {
    const answer = await this.#server.ask(`/api/devices/${encodeURIComponent(id)}`, { method: "DELETE" });
    return answer === undefined ? null : read(RECOVERY, answer).recoveryCode;
  }

  /** Signs all other devices out, with all that they made. Resolves with a new recovery code, to be shown. */
  async signOutOthers(): Promise<string> {
    return read(RECOVERY, await this.#post("/api/sign-out/others")).recoveryCode;
  }

  /** Shows with the recovery code, which stays good, that it is the user who asks. */
  async prove(code: string): Promise<void> {
    await this.#post("/api/proof", { code });
  }

  /** The same with a passkey that this browser has. Rejects also with what the browser says. */
  async proveWithPasskey(): Promise<void> {
    const response = await signedBy(await this.#post("/api/proof/passkey/options"));
    await this.#post("/api/proof/passkey", { response });
  }

  /** Signs this device out. */
  async signOut(): Promise<void> {
    await this.#post("/api/sign-out");
  }

  /** Has the browser make a passkey for this account. Rejects with what the browser says if it does not. */
  async addPasskey(label?: string): Promise<void> {
    const options = await this.#post("/api/passkeys/options");
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
      options as PublicKeyCredentialCreationOptionsJSON,
    );
    const made = await navigator.credentials.create({ publicKey });
    const body = { response: (made as PublicKeyCredential).toJSON(), ...(label !== undefined && { label }) };
    await this.#post("/api/passkeys", body);
  }

  async passkeys(): Promise<readonly AccountPasskey[]> {
    const list = await this.#server.ask("/api/passkeys");
    return (Array.isArray(list) ? list : []).map((one) => read(PASSKEY, one));
  }

  async removePasskey(id: string): Promise<void> {
    await this.#server.ask(`/api/passkeys/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** What the user lets others know, and sees of others. */
  async settings(): Promise<Settings> {
    return read(SETTINGS, await this.#server.ask("/api/settings"));
  }

  /** Changes what is given; resolves with what holds then. */
  async change(settings: Partial<Settings>): Promise<Settings> {
    return read(SETTINGS, await this.#server.ask("/api/settings", { method: "PUT", body: settings }));
  }

  /** Erases the account and everything in its mailbox, for good. */
  async erase(): Promise<void> {
    await this.#server.ask("/api/account", { method: "DELETE" });
  }

  /** A short code with which one more device can sign in until `expires`, ms since 1970. */
  async linkCode(): Promise<{ readonly code: string; readonly expires: number }> {
    return read(LINK, await this.#post("/api/link-codes"));
  }

  /** A new recovery code in place of the old one. */
  async recoveryCode(): Promise<string> {
    return read(RECOVERY, await this.#post("/api/recovery-code")).recoveryCode;
  }

  #post(path: string, body?: unknown): Promise<unknown> {
    return this.#server.ask(path, { method: "POST", body });
  }
}

/** Whom the user hears from. Every change comes back over the connection, and all devices see it. Each rejects with a `Refused`. */
export class People {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Takes what a stranger writes from now on. */
  async accept(peer: string): Promise<void> {
    await this.#server.ask(`/api/contacts/${encodeURIComponent(peer)}`, { method: "PUT" });
  }

  /** Takes nothing of theirs any more; they don't learn of it. */
  async block(peer: string): Promise<void> {
    await this.#server.ask(`/api/blocks/${encodeURIComponent(peer)}`, { method: "PUT" });
  }

  async unblock(peer: string): Promise<void> {
    await this.#server.ask(`/api/blocks/${encodeURIComponent(peer)}`, { method: "DELETE" });
  }

  /** The names that are blocked. */
  async blocked(): Promise<readonly string[]> {
    const list = await this.#server.ask("/api/blocks");
    return (Array.isArray(list) ? list : []).filter((name) => typeof name === "string");
  }
}

async function signedIn(url: string, path: string, body: unknown): Promise<SignedIn> {
  const query: Query = { method: "POST", body };
  const { recoveryCode = null, ...rest } = read(SIGNED_IN, await new Server(url).ask(path, query));
  return { ...rest, recoveryCode };
}
