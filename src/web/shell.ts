// The page without a network: a service worker keeps the shell, and who was here last is remembered, so that what the store has can be
// shown before the server answers.
import type { Entrance } from "../client/connect.ts";

const KEPT = "restante last";
const WORKER = "/worker.js";

/** What of Trusted Types is used here; not every browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(input: string): unknown };
}

/** Who was here, and how this server lets people in. */
export interface Last {
  readonly entrance: Entrance;
  readonly userName: string;
}

/** From now on the page opens without a network too, where the browser has service workers. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator)) return;
  // Where scripts have to be trusted, this one address is; whatever is asked for, it is what is given.
  const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("restante", {
    createScriptURL: () => WORKER,
  });
  const address = policy?.createScriptURL(WORKER) ?? WORKER;
  // Without one the page still works, with a network.
  navigator.serviceWorker.register(address as string).catch(() => undefined);
}

export function lastHere(): Last | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null") as Last | null;
  } catch {
    return null;
  }
}

/** Null when somebody leaves. */
export function keepLast(last: Last | null): void {
  if (last === null) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, JSON.stringify(last));
}
