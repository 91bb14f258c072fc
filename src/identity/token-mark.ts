// The mark of this deployment's tokens: the last bytes of their secret are an authentication code over the rest. By it,
// a Worker sees whether a token was made here, without waking a mailbox. Whether it is still valid, only the mailbox
// knows.
import { KEYS_OBJECT, TOKEN_KEY_BYTES } from "../protocol/registry.ts";
import { CachedValue } from "../protocol/cached-value.ts";

/**
 * Random bytes of a secret and bytes of its mark: 192 bits to guess a token, 64 to forge a mark, each try an attempt.
 */
const RANDOM_BYTES = 24;
const MARK_BYTES = 8;

/** The timeout of fetching the key, and the retry delay after a failure. Answers: a registry that does not respond. */
const KEY_TIMEOUT_MS = 2_000;
const KEY_RETRY_MS = 5_000;

/** The registry that stores the key. */
interface KeySource {
  readonly REGISTRY: { getByName(name: string): { tokenKey(): Promise<string> } };
}

type Background = (work: Promise<unknown>) => void;

/** The key, cached for the isolate's lifetime: one value. After a failure it is fetched again after KEY_RETRY_MS. */
const markKeyCache = new CachedValue<CryptoKey | null>(
  (key) => (key === null ? KEY_RETRY_MS : Infinity),
  KEY_TIMEOUT_MS,
);

/**
 * The key, or null if unavailable. Then no token counts as marked, and new ones have random bytes in place of the mark.
 */
export function markKey({ REGISTRY }: KeySource, background: Background): Promise<CryptoKey | null> {
  const compute = async () => {
    try {
      return await importKey(await REGISTRY.getByName(KEYS_OBJECT).tokenKey());
    } catch {
      return null;
    }
  };
  return markKeyCache.get(compute, background).catch(() => null);
}

/** A new secret for a token that starts with `head`. */
export async function newSecret(head: string, key: CryptoKey | null): Promise<Uint8Array> {
  const secret = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES + MARK_BYTES));
  if (key !== null) secret.set(await markOf(head, secret, key), RANDOM_BYTES);
  return secret;
}

/** Whether the mark in this secret of a token that starts with `head` was made with the key. */
export async function isMarked(head: string, secret: Uint8Array, key: CryptoKey): Promise<boolean> {
  if (secret.length !== RANDOM_BYTES + MARK_BYTES) return false;
  return crypto.subtle.timingSafeEqual(await markOf(head, secret, key), secret.slice(RANDOM_BYTES));
}

/** The first bytes of HMAC-SHA256 over the head and the random part. */
async function markOf(head: string, secret: Uint8Array, key: CryptoKey): Promise<Uint8Array> {
  const headBytes = new TextEncoder().encode(`${head}.`);
  const all = new Uint8Array(headBytes.length + RANDOM_BYTES);
  all.set(headBytes);
  all.set(secret.subarray(0, RANDOM_BYTES), headBytes.length);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, all)).slice(0, MARK_BYTES);
}

async function importKey(hex: string): Promise<CryptoKey | null> {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (bytes.length !== TOKEN_KEY_BYTES) return null;
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}
