// One post of a webhook: signed as Standard Webhooks has it (standardwebhooks.com), so that whoever gets it finds a library for that.
// The only file that speaks to the world outside; what comes back is a status, and nothing of it is read.
import { WEBHOOK } from "../../protocol/limits.ts";

/** Posts once. The status that came back, or 0 where there was no answer in time. Redirects are an answer like any other. */
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
        "webhook-signature": `v1,${await signed(secret, `${id}.${time}.${body}`)}`,
      },
      body,
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** HMAC-SHA256 with a secret in base64, in base64. */
async function signed(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}
