// Names that nobody else makes: of a device, and of a message before the mailbox has given it a number.

/** Counts keys; begins where its numerals have as many places as they will ever have. */
let made = 1e9;
/** What all keys of this process or tab end with. Made when it is needed: Workers have nothing random before their first event. */
let here: string | undefined;

/** A fresh name for a device. */
export function newDevice(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A fresh key for a draft. Keys sort in the order in which they were made, across tabs as far as their clocks go. */
export function keyOf(): string {
  here ??= `-${newDevice().slice(0, 8)}`;
  return `${Date.now()}-${made++}${here}`;
}
