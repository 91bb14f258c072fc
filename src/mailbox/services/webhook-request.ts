// One request of a webhook, signed as in Standard Webhooks (standardwebhooks.com), for which receivers find libraries.
// The only file of a mailbox that calls the outside world. It returns a status; the body of the response is not read.
import { WEBHOOK } from "../../protocol/limits.ts";

/** Posts once. Returns the status of the response, or 0 if none came in time. A redirect is not followed. */
export async function postWebhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  id: string,
  body: string,
): Promise<number> {
  const time = String(Math.floor(Date.now() / 1_000));
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(WEBHOOK.TIMEOUT_MS),
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Restante",
        "webhook-id": id,
        "webhook-timestamp": time,
        "webhook-signature": `v1,${await sign(secret, `${id}.${time}.${body}`)}`,
      },
      body,
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** HMAC-SHA256; the secret and the result are base64. */
async function sign(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}
