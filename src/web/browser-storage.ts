// What the page itself stores in this browser: drafts, seen notices, the language, the last user. It never throws: where
// the browser stores nothing, or has no space left, the values are in memory until the page is closed.

/** What is of one user, and removed when they sign out. */
type OfUser = "draft" | "notices" | "notified";

/** Values that the browser did not take; null for one that was removed. */
const unstored = new Map<string, string | null>();

export function keyOf(what: OfUser, user: string, peer?: string): string {
  return ["restante", what, user, peer ?? []].flat().join(" ");
}

export function stored(key: string): string | null {
  const value = unstored.get(key);
  if (value !== undefined) return value;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null removes it. Returns whether the value outlives the page. */
export function store(key: string, value: string | null): boolean {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    unstored.delete(key);
    return true;
  } catch {
    unstored.set(key, value);
    return false;
  }
}

/** The JSON of a value; null where there is none that can be read. */
export function storedJson(key: string): unknown {
  try {
    return JSON.parse(stored(key) ?? "null");
  } catch {
    return null;
  }
}

/** Removes everything that is of this user. */
export function forgetUser(user: string): void {
  for (const what of ["draft", "notices", "notified"] as const) for (const key of keysOf(what, user)) store(key, null);
}

/** The keys of the values that are there. */
export function keysOf(what: OfUser, user: string): readonly string[] {
  const name = keyOf(what, user);
  return allKeys().filter((key) => (key === name || key.startsWith(`${name} `)) && stored(key) !== null);
}

/** Calls when another tab changes the value, with the one before. Returns a function that ends it. */
export function onStoredElsewhere(key: string, changed: (before: string | null) => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === key || event.key === null) changed(event.oldValue);
  };
  addEventListener("storage", listener);
  return () => removeEventListener("storage", listener);
}

function allKeys(): string[] {
  try {
    return [...Object.keys(localStorage), ...unstored.keys()];
  } catch {
    return [...unstored.keys()];
  }
}
