// Unique names: of a device, and of a message before the mailbox has given it a number.

/** Counts keys. It starts at 1e9, so that all keys have the same number of digits and sort as text. */
let nextKey = 1e9;
/**
 * The suffix of all keys of this process or tab. Made at the first key: Workers have no random numbers before their
 * first event.
 */
let suffix: string | undefined;

/** A new name for a device. */
export function newDevice(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A new key for a draft. Keys sort in the order in which they were made; across tabs, in the order of their clocks. */
export function keyOf(): string {
  suffix ??= `-${newDevice().slice(0, 8)}`;
  return `${Date.now()}-${nextKey++}${suffix}`;
}
