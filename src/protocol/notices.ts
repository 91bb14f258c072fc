// Notices from the server to a user: the codes of the log frame `notice`, each with a sentence for people.

export const NOTICES = {
  webhook_disabled: "The webhook was not answered for days and is disabled; an operator can set it again.",
  sign_in_attempts: "Somebody tried to get into this account with a wrong code or a wrong passkey.",
  new_device: "Another device signed in.",
  device_signed_out: "A device was signed out.",
  others_signed_out: "All other devices were signed out.",
  new_recovery_code: "A new recovery code was made; the old one is worth nothing.",
  new_link_code: "A code was made with which another device can sign in.",
  new_passkey: "A passkey was added.",
  passkey_removed: "A passkey was removed.",
} as const;

export type NoticeCode = keyof typeof NOTICES;

/** The sentence of a code; empty for a code that newer code has written. */
export function noticeSentence(code: string): string {
  return Object.hasOwn(NOTICES, code) ? NOTICES[code as NoticeCode] : "";
}
