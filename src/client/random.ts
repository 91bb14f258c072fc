// Names that nobody else makes: of a device, and of a message before the mailbox has given it a number.

/** Begins where its numerals have six places. */
let made = 36 ** 5;
/** The last time that a key was made, and what its keys begin with. */
let last = -1;
let time = "";
/** What all keys of this process or tab end with. Made when it is needed: Workers have nothing random before their first event. */
let here: string | undefined;

/** A fresh name for a device. */
export function newDevice(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A fresh key for a draft. Keys sort in the order in which they were made, across tabs as far as their clocks go. */
export function keyOf(): string {
  here ??= `-${newDevice().slice(0, 8)}`;
  const now = Date.now();
  if (now !== last) time = `${(last = now).toString(36).padStart(9, "0")}-`;
  return time + (made++).toString(36) + here;
}
