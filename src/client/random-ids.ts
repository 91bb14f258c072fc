// Unique names: of a device, and of a message before the mailbox has given it a number.

/** Counts keys. It starts at 1e9, so that all keys have the same number of digits and sort as text. */
let nextKey = 1e9;
/**
 * The suffix of all keys of this process or tab. Made at the first key: Workers have no random numbers before their
 * first event.
 */
let suffix: string | undefined;

/** The time of the next key, at least: the keys of this store have earlier ones. Ms since 1970. */
let keysAfter = 0;

/** A new name for a device: 96 bits. It is unique and no secret. */
export function newDevice(): string {
  const bytes = new Uint8Array(12);
  // React Native has no `crypto`.
  if (globalThis.crypto === undefined) for (const i of bytes.keys()) bytes[i] = Math.random() * 256;
  else crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A new key for a draft. Keys sort in the order in which they were made; across tabs, in the order of their clocks. A
 * clock that goes back does not count.
 */
export function keyOf(): string {
  suffix ??= `-${newDevice().slice(0, 8)}`;
  keysAfter = Math.max(keysAfter, Date.now());
  return `${keysAfter}-${nextKey++}${suffix}`;
}

/** A draft of this store has this key: later keys sort after it. */
export function sawKey(key: string): void {
  const at = Number.parseInt(key, 10);
  if (at >= keysAfter && (suffix === undefined || !key.endsWith(suffix))) keysAfter = at + 1;
}
