// The key sets of issuers, over HTTP. One request at a time, limited in time and bytes, with a back-off after failures.
// A fetched set is used for up to 6 hours while its issuer is down.
import { waitUntil } from "cloudflare:workers";
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyOptions,
} from "jose";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import type { JwtReason } from "./jwt-claims.ts";

/** Ms for a whole response. Answers: a silent issuer for which all requests would wait. */
const TIMEOUT_MS = 5_000;

/** Bytes of a set. Answers: a response that fills memory. */
const MAX_SET_BYTES = 262_144;

/** Ms after which a set is fetched again, so that withdrawn keys stop being accepted. */
const FRESH_MS = 600_000;

/**
 * Ms for which a set is used while its issuer does not respond. Answers: an issuer's outage that locks all users out.
 */
const STALE_MS = 21_600_000;

/**
 * Least ms between fetches because of tokens that no known key verifies: their key id is unknown, or there is none.
 * Answers: invented tokens, each of which costs a request.
 */
const COOL_DOWN_MS = 5_000;

/** The first and the longest back-off after a failed request, ms. Answers: hammering an issuer that is in trouble. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Keys tried for a token that several of a set match. Answers: a set of many keys without ids, each of which costs a
 * signature check.
 */
const MAX_KEYS_TRIED = 4;

type LocalSet = ReturnType<typeof createLocalJWKSet>;

export class KeySet {
  readonly #url: string;
  #keys: LocalSet | null = null;
  /** Whether a key of the set has an id. */
  #namesKeys = false;
  #fetchedAt = 0;
  #failures = 0;
  #triedAt = 0;
  /** The request in flight. */
  #loading: Promise<void> | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Why a token's signature is not accepted, or null if one of the keys verifies it. */
  async verify(token: string, options: JWTVerifyOptions): Promise<JwtReason | null> {
    if (Date.now() - this.#fetchedAt > FRESH_MS) await this.#load(this.#pause());
    const reason = await this.#check(token, options);
    if (reason !== "unknown_key" && !(reason === "signature" && this.#isUnnamed(token))) return reason;
    const fetchedBefore = this.#fetchedAt;
    await this.#load(Math.max(this.#pause(), COOL_DOWN_MS));
    return this.#fetchedAt === fetchedBefore ? reason : this.#check(token, options);
  }

  /** Whether no key id says which key signed the token: then it may be one that was published since. */
  #isUnnamed(token: string): boolean {
    return !this.#namesKeys || decodeProtectedHeader(token).kid === undefined;
  }

  /** Whether one of the cached keys verifies the token. Fetches nothing. */
  async verifiesNow(token: string, options: JWTVerifyOptions): Promise<boolean> {
    return (await this.#check(token, options)) === null;
  }

  async #check(token: string, options: JWTVerifyOptions): Promise<JwtReason | null> {
    const keys = Date.now() - this.#fetchedAt > STALE_MS ? null : this.#keys;
    if (keys === null) return "no_keys";
    // In a set without ids a token's id means nothing.
    const find = (header: JWSHeaderParameters, jws: FlattenedJWSInput) => keys(withoutId(header), jws);
    try {
      await jwtVerify(token, this.#namesKeys ? keys : find, options);
      return null;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return "unknown_key";
      return error instanceof errors.JWKSMultipleMatchingKeys ? tryEach(error, token, options) : "signature";
    }
  }

  /** Fetches the set, unless it was tried within the last `pause` ms. Resolves when the attempt has ended. */
  async #load(pause: number): Promise<void> {
    const now = Date.now();
    // The fetch may belong to a request that was cut off, so waiting for it ends with its timeout.
    const remainingMs = this.#triedAt + TIMEOUT_MS - now;
    if (this.#loading !== null && remainingMs > 0) return within(remainingMs, this.#loading);
    if (now - this.#triedAt < pause) return;
    this.#triedAt = now;
    const loading = this.#fetch().finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    this.#loading = loading;
    waitUntil(loading);
    await loading;
  }

  async #fetch(): Promise<void> {
    try {
      const init = { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
      const headers = { Accept: "application/json, application/jwk-set+json" };
      const response = await fetch(this.#url, { ...init, headers });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`it answered ${response.status}`);
      }
      const set = JSON.parse(await textOf(response)) as JSONWebKeySet;
      this.#keys = createLocalJWKSet(set);
      this.#namesKeys = set.keys.some(({ kid }) => kid !== undefined);
      this.#fetchedAt = Date.now();
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      logEvent("keys_failed", { reason: reasonOf(error), tries: this.#failures });
    }
  }

  /** The back-off: least ms between the last request, if it failed, and the next. */
  #pause(): number {
    return this.#failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
  }
}

function withoutId(header: JWSHeaderParameters): JWSHeaderParameters {
  const { kid: _, ...rest } = header;
  return rest;
}

/** Tries the matching keys in turn: neither the token nor the set says which one signed it. */
async function tryEach(
  several: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  token: string,
  options: JWTVerifyOptions,
): Promise<JwtReason | null> {
  let tried = 0;
  for await (const key of several) {
    if (++tried > MAX_KEYS_TRIED) break;
    try {
      await jwtVerify(token, key, options);
      return null;
    } catch {
      // Try the next key.
    }
  }
  return "signature";
}

/** The body as text. Throws beyond the limit, without reading the rest. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > MAX_SET_BYTES) throw new Error(`it has more than ${MAX_SET_BYTES} bytes`);
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((done) => (timer = setTimeout(done, ms)));
  await Promise.race([work, timeout]);
  if (timer !== undefined) clearTimeout(timer);
}
