// The key sets of issuers, over HTTP. One request at a time, bounded in time and bytes; after a failure a pause, in which none goes out;
// and a set that was good is used for hours while its issuer is down.
import { waitUntil } from "cloudflare:workers";
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyOptions } from "jose";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import type { JwtReason } from "./jwt-claims.ts";

/** Ms for an answer with all of its body. Answers: an issuer that is silent, for whom everybody would wait. */
const TIMEOUT_MS = 5_000;

/** Bytes of a set. Answers: an answer that fills memory. */
const MAX_SET_BYTES = 262_144;

/** Ms after which a set is asked for again, so that a key that was withdrawn stops to count. */
const FRESH_MS = 600_000;

/** Ms for which a set is used though its issuer does not answer. Answers: an issuer's outage that is everybody's. */
const STALE_MS = 21_600_000;

/** Ms until a key that is not in the set makes us ask for the set again. Answers: invented key ids that each cost a request. */
const COOL_DOWN_MS = 5_000;

/** The first and the longest pause after a failed request, ms. Answers: requests for nothing, to an issuer that has trouble already. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Keys of one set that are tried where a token does not say which. Answers: a set of many keys, each of which is a signature to check. */
const MAX_KEYS_TRIED = 4;

type LocalSet = ReturnType<typeof createLocalJWKSet>;

export class KeySet {
  readonly #url: string;
  #keys: LocalSet | null = null;
  #fetchedAt = 0;
  #failures = 0;
  #triedAt = 0;
  /** The request that is under way. */
  #loading: Promise<void> | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Why a token's signature is not to be trusted, or null where one of the keys has made it. */
  async verify(token: string, options: JWTVerifyOptions): Promise<JwtReason | null> {
    if (Date.now() - this.#fetchedAt > FRESH_MS) await this.#load(this.#pause());
    const reason = await this.#check(token, options);
    if (reason !== "unknown_key") return reason;
    const before = this.#fetchedAt;
    await this.#load(Math.max(this.#pause(), COOL_DOWN_MS));
    return this.#fetchedAt === before ? reason : this.#check(token, options);
  }

  /** Whether one of the keys that are there has made the token's signature. Asks nobody. */
  async verifiesNow(token: string, options: JWTVerifyOptions): Promise<boolean> {
    return (await this.#check(token, options)) === null;
  }

  async #check(token: string, options: JWTVerifyOptions): Promise<JwtReason | null> {
    const keys = Date.now() - this.#fetchedAt > STALE_MS ? null : this.#keys;
    if (keys === null) return "no_keys";
    try {
      await jwtVerify(token, keys, options);
      return null;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return "unknown_key";
      return error instanceof errors.JWKSMultipleMatchingKeys ? tryEach(error, token, options) : "signature";
    }
  }

  /** Asks for the set, unless somebody did within the last `pause` ms; resolves when the set that there is then is in place. */
  async #load(pause: number): Promise<void> {
    const now = Date.now();
    // It may be another request's, whose client has gone: what it does is waited for no longer than it may take.
    const left = this.#triedAt + TIMEOUT_MS - now;
    if (this.#loading !== null && left > 0) return within(left, this.#loading);
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
      this.#keys = createLocalJWKSet(JSON.parse(await textOf(response)) as JSONWebKeySet);
      this.#fetchedAt = Date.now();
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      logEvent("keys_failed", { reason: reasonOf(error), tries: this.#failures });
    }
  }

  /** Ms that have to be between the last request, which failed, and the next. */
  #pause(): number {
    return this.#failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
  }
}

/** Some sets have keys without names, and then any of these may be the one. */
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
      // Another one made it, or nobody did.
    }
  }
  return "signature";
}

/** The body as text; what goes beyond the limit is not read. */
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
  const over = new Promise<void>((done) => (timer = setTimeout(done, ms)));
  await Promise.race([work, over]);
  if (timer !== undefined) clearTimeout(timer);
}
