// Names that nobody else makes: of a device, and of a message before the mailbox has given it a number.

let made = 0;
/** Of this process or tab. Made when it is needed: Workers have nothing random before their first event. */
let here: string | undefined;

/** A fresh name for a device. */
export function newDevice(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A fresh key for a draft. Keys sort in the order in which they were made, across tabs as far as their clocks go. */
export function keyOf(): string {
  here ??= newDevice().slice(0, 8);
  return `${Date.now().toString(36).padStart(9, "0")}-${(made++).toString(36).padStart(6, "0")}-${here}`;
}
