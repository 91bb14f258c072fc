// What is random and secret: a device's token, which carries the name of its mailbox, and the codes that people type.
// Only their hashes ever reach a mailbox.
import { canonical } from "../protocol/names.ts";
import { isMarked, newSecret } from "./token-mark.ts";

/** So that a token can be recognised where it should not be: in a log, in a repository. A device's, and a service account's. */
const DEVICE_PREFIX = "rst1";
const SERVICE_PREFIX = "rss1";

/** Crockford's base 32: no letter looks like a digit. 32 characters, so that five bits of a random byte choose one. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const RECOVERY_LENGTH = 25;
const LINK_LENGTH = 12;
/** Of codes that were open when their length changed: for ten minutes after that. */
const OLD_LINK_LENGTH = 8;

/** A fresh token for a device of `name`, with the mark that `key` makes. */
export function newToken(name: string, key: CryptoKey | null): Promise<string> {
  return makeToken(DEVICE_PREFIX, name, key);
}

/** A fresh token for the service account `name`. */
export function newServiceToken(name: string, key: CryptoKey | null): Promise<string> {
  return makeToken(SERVICE_PREFIX, name, key);
}

/** Whether this deployment made the token: it is then no guess, good or not. Those of before there were marks, and without a key all, are not. */
export async function isIssuedHere(token: string, key: CryptoKey | null): Promise<boolean> {
  const dot = token.lastIndexOf(".");
  const [head, secret] = [token.slice(0, dot), fromBase64url(token.slice(dot + 1))];
  return key !== null && secret !== null && isMarked(head, secret, key);
}

/** Whose mailbox a device's token belongs to, or null for what is none. Whether it is any good only that mailbox knows. */
export function deviceTokenName(token: string): string | null {
  return nameInToken(DEVICE_PREFIX, token);
}

/** As `nameOf`, of a service account's token. */
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

/** 125 random bits, in groups of five: what a person keeps on paper. */
export function newRecoveryCode(): string {
  return randomCode(RECOVERY_LENGTH, 5);
}

/** 60 random bits, in three groups: nobody guesses it in the ten minutes for which it is good, so wrong codes end none. */
export function newLinkCode(): string {
  return randomCode(LINK_LENGTH, 4);
}

/** A code as it was meant: in small letters, without separators, and with digits where letters were taken for them. */
export function normalizeCode(typed: string): string {
  return typed
    .toLowerCase()
    .replaceAll(/[^0-9a-z]/g, "")
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
}

/** Whether a code is a link code, by its length. */
export function isLinkCode(plain: string): boolean {
  return plain.length === LINK_LENGTH || plain.length === OLD_LINK_LENGTH;
}

/** SHA-256, hex. A code is hashed with the name, so that one guess is a guess at one mailbox. */
export async function hashOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function hashOfCode(name: string, plain: string): Promise<string> {
  return hashOf(`${name} ${plain}`);
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The bytes, or null for what is not written as `base64url` does. */
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
