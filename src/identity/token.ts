// Random secrets: device tokens, which contain the name of their mailbox, and the codes that people type. Only their
// hashes reach a mailbox.
import { canonical } from "../protocol/names.ts";
import { isMarked, newSecret } from "./token-mark.ts";

/** Prefixes of device and service tokens. By them, scanners recognise a leaked token in a log or a repository. */
const DEVICE_PREFIX = "rst1";
const SERVICE_PREFIX = "rss1";

/** Crockford's base 32: no letter looks like a digit. Five bits of a random byte choose one of 32 characters. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const RECOVERY_LENGTH = 25;
const LINK_LENGTH = 12;
/** The earlier length, for codes that were valid when the length changed. */
const OLD_LINK_LENGTH = 8;

/** A new token for a device of `name`, marked with `key`. */
export function newToken(name: string, key: CryptoKey | null): Promise<string> {
  return makeToken(DEVICE_PREFIX, name, key);
}

/** A new token for the service account `name`. */
export function newServiceToken(name: string, key: CryptoKey | null): Promise<string> {
  return makeToken(SERVICE_PREFIX, name, key);
}

/**
 * Whether this deployment made the token: then it is no guess, valid or not. False for tokens from before marks
 * existed, and for all tokens without a key.
 */
export async function isIssuedHere(token: string, key: CryptoKey | null): Promise<boolean> {
  const dot = token.lastIndexOf(".");
  const [head, secret] = [token.slice(0, dot), fromBase64url(token.slice(dot + 1))];
  return key !== null && secret !== null && isMarked(head, secret, key);
}

/** The name in a device's token, or null for any other text. Whether the token is valid, only the mailbox knows. */
export function deviceTokenName(token: string): string | null {
  return nameInToken(DEVICE_PREFIX, token);
}

/** The name in a service account's token, or null for any other text. */
export function serviceTokenName(token: string): string | null {
  return nameInToken(SERVICE_PREFIX, token);
}

async function makeToken(prefix: string, name: string, key: CryptoKey | null): Promise<string> {
  const head = `${prefix}.${base64url(new TextEncoder().encode(name))}`;
  return `${head}.${base64url(await newSecret(head, key))}`;
}

function nameInToken(prefix: string, token: string): string | null {
  const parts = /^(\w+)\.([\w-]{1,512})\.[\w-]{43}$/.exec(token);
  if (parts === null || parts[1] !== prefix) return null;
  const bytes = fromBase64url(parts[2] ?? "");
  if (bytes === null) return null;
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const known = canonical(name);
    return "name" in known && known.name === name ? name : null;
  } catch {
    return null;
  }
}

/** 125 random bits, in groups of five characters: to be kept on paper. */
export function newRecoveryCode(): string {
  return randomCode(RECOVERY_LENGTH, 5);
}

/** 60 random bits, in three groups: too many to guess in its ten minutes, so wrong codes need not invalidate it. */
export function newLinkCode(): string {
  return randomCode(LINK_LENGTH, 4);
}

/** A typed code in its stored form: lower case, no separators, and digits in place of letters that look like them. */
export function normalizeCode(typed: string): string {
  return typed
    .toLowerCase()
    .replaceAll(/[^0-9a-z]/g, "")
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
}

/** Whether a normalized code is a link code, by its length. */
export function isLinkCode(plain: string): boolean {
  return plain.length === LINK_LENGTH || plain.length === OLD_LINK_LENGTH;
}

/** SHA-256, hex. */
export async function hashOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The hash of a code together with the name, so that one guess is a guess at one mailbox only. */
export function hashOfCode(name: string, plain: string): Promise<string> {
  return hashOf(`${name} ${plain}`);
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The bytes, or null for text that `base64url` would not write. */
function fromBase64url(text: string): Uint8Array | null {
  try {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(plain, (char) => char.charCodeAt(0));
    return base64url(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

function randomCode(length: number, group: number): string {
  const random = crypto.getRandomValues(new Uint8Array(length));
  const text = [...random].map((byte) => ALPHABET[byte & 31]).join("");
  return text.replaceAll(new RegExp(`.{${group}}(?=.)`, "g"), "$&-");
}
