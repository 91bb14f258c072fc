// The page without a network: a service worker caches its files, and the last user is remembered, so that the messages
// in the store can be shown before the server answers.
import type { Entrance } from "../client/connect.ts";
import { store, storedJson } from "./browser-storage.ts";

const KEY = "restante last";
const WORKER = "/worker.js";

/** The part of Trusted Types that is used here; not every browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(input: string): unknown };
}

/** The last user of this page, and how users come in at this server. */
export interface Last {
  readonly entrance: Entrance;
  readonly userName: string;
}

/** Registers the service worker, where the browser has them: from then on the page opens without a network too. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator)) return;
  // Where scripts have to be trusted, this policy trusts one address: it returns this address for any input.
  const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("restante", {
    createScriptURL: () => WORKER,
  });
  const address = policy?.createScriptURL(WORKER) ?? WORKER;
  // Without a service worker the page still works, with a network.
  navigator.serviceWorker.register(address as string).catch(() => undefined);
  // The user has clicked on a notification.
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ readonly open?: unknown } | null>) => {
    if (typeof data?.open === "string") location.hash = data.open;
  });
}

export function lastHere(): Last | null {
  return storedJson(KEY) as Last | null;
}

/** Null when the user signs out. */
export function keepLast(last: Last | null): void {
  store(KEY, last && JSON.stringify(last));
}
