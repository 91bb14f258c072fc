// Challenges for passkeys. The mailbox signs them with its own secret, so that making one writes no row and an eviction
// loses none. Each is good once, for five minutes; the account stores those that were used.
import type { Challenge } from "../log/accounts/account-rows.ts";

/** How long a challenge is good. */
const LIFETIME_MS = 300_000;

/** What a challenge is for: one made to add a passkey does not sign in a device. */
export type Purpose = "add" | "enter" | "prove";

/** A fresh challenge, as text. */
export async function makeChallenge(secret: string, purpose: Purpose): Promise<string> {
  const signed = `${Date.now() + LIFETIME_MS}.${randomText()}`;
  return `${signed}.${await sign(secret, `${purpose}.${signed}`)}`;
}

/** Verifies a challenge. Null if this mailbox did not make it, or made it for another purpose. */
export async function readChallenge(secret: string, purpose: Purpose, text: string): Promise<Challenge | null> {
  const [expires = "", nonce = "", mac = ""] = text.split(".");
  if (!/^[\w-]{43}$/.test(mac)) return null;
  const key = await keyOf(secret);
  const signed = encoder.encode(`${purpose}.${expires}.${nonce}`);
  const isOurs = await crypto.subtle.verify("HMAC", key, bytesOf(mac), signed);
  return isOurs ? { nonce, expires: Number(expires) } : null;
}

/**
 * The handle by which authenticators know the account, base64url: 32 bytes that reveal nothing about the user. It is
 * derived from the account's random secret, so that it is always the same and needs no row. No challenge is signed
 * under this word.
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
