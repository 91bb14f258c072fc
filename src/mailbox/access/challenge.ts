// Challenges for passkeys: signed by the mailbox with a secret of its own, so that asking for one costs no row and an eviction forgets
// none. Each is good once and for a few minutes; that it was used its account remembers.
import type { Challenge } from "../log/accounts/account-rows.ts";

/** How long somebody may take, in ms. */
const GOOD_MS = 300_000;

/** What a challenge is for: one made to add a passkey signs nobody in. */
export type Purpose = "add" | "enter" | "prove";

/** A fresh challenge, as text. */
export async function makeChallenge(secret: string, purpose: Purpose): Promise<string> {
  const told = `${Date.now() + GOOD_MS}.${randomText()}`;
  return `${told}.${await sign(secret, `${purpose}.${told}`)}`;
}

/** The challenge that `text` is, or null if it was not made here and for this. */
export async function readChallenge(secret: string, purpose: Purpose, text: string): Promise<Challenge | null> {
  const [expires = "", nonce = "", mac = ""] = text.split(".");
  if (!/^[\w-]{43}$/.test(mac)) return null;
  const key = await keyOf(secret);
  const made = await crypto.subtle.verify("HMAC", key, bytesOf(mac), encoder.encode(`${purpose}.${expires}.${nonce}`));
  return made ? { nonce, expires: Number(expires) } : null;
}

/**
 * What authenticators know the account by, base64url: 32 bytes that tell nothing of whose it is. Derived from the account's secret, which
 * is random, so that it is always the same and has to be kept nowhere else. No challenge is signed under this word.
 */
export function handleOf(secret: string): Promise<string> {
  return sign(secret, "handle");
}

/** 256 random bits. */
export function randomText(): string {
  return textOf(crypto.getRandomValues(new Uint8Array(32)));
}

async function sign(secret: string, text: string): Promise<string> {
  return textOf(new Uint8Array(await crypto.subtle.sign("HMAC", await keyOf(secret), encoder.encode(text))));
}

function keyOf(secret: string): Promise<CryptoKey> {
  const kind = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", encoder.encode(secret), kind, false, ["sign", "verify"]);
}

function textOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

const encoder = new TextEncoder();
