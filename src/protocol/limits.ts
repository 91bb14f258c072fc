// Every limit of the wire in one place, each with the threat that it answers.
// Sizes are UTF-8 bytes of the JSON text; `welcome.limits` tells a client the ones it has to keep.

/** What a client is told and has to keep. */
export const LIMITS = {
  /** Log frames unacknowledged on one socket. Answers: a device that stops reading would fill memory. */
  window: 4_096,
  /** Bytes of log frames unacknowledged on one socket. Answers: as above, with large bodies. */
  windowBytes: 4 * 1_024 * 1_024,
  /** Bytes of one body. Answers: one message that fills a row, a page of history, or a text. */
  bodyBytes: 65_536,
  /** Bytes of one text, up or down; below 1 MiB, so that ordinary client libraries take it. Answers: parsing what nobody can use. */
  textBytes: 1_000_000,
  /** Frames in one text, up or down. Answers: a small text that is much work. */
  frames: 4_096,
} as const;

/**
 * What costs without effect on one socket: frames that are refused, unreadable, dropped or sent before, and bytes that nothing was made of. The
 * count leaks; above `MOST` the socket is closed, and so is one of a user whose sockets together have twice that. `RATE_LIMIT` does not lift it.
 */
export const WASTE = {
  /** Four full texts. Answers: a client that sends on whatever it is told, and answers that nobody reads. */
  MOST: 16_384,
  /** What leaks in a second: more than a device says that tries a full queue again each second. Answers: the same, slowly. */
  PER_SECOND: 5_000,
  /** The price of a text beside that of its frames. Answers: many small texts, each of which is an event. */
  TEXT: 20,
  /** UTF-16 units that cost as much as a frame. Answers: large texts of which nothing is taken, and which have to be parsed. */
  UNITS: 250,
} as const;

/**
 * After work of that price, in the units of `WASTE`, that no message is made of, a mailbox takes no event for some ms; with each second without
 * such work the count begins anew. Answers: texts that lie ready, all of which the runtime would handle before it looks at another socket, also
 * those of a client that ignores a close.
 */
export const BREAK = { EVERY: 1_000, MS: 20, FORGOTTEN_MS: 1_000 } as const;

/**
 * Bytes of answers and signals that a socket was told since its device last acknowledged anything. Answers: a device that sends or watches and
 * does not read: log frames wait for its acks, answers are memory.
 */
export const UNREAD_BYTES = 4_194_304;

/** How much and how often. Each is a variable of the same name; RATE_LIMIT=off lifts all but the last. */
export const QUOTAS = {
  /** Messages that a user sends at once, and then in a second. Answers: a stolen or broken device that fills others' mailboxes. */
  SEND_BURST: 60,
  SENDS_PER_SECOND: 10,
  /** People whom a user writes to for the first time in an hour. Answers: spam, and guessing who exists. */
  NEW_CORRESPONDENTS_PER_HOUR: 60,
  /**
   * Frames of a user that are no messages (`watch`, `typing`, `read`, `token`, acks that move nothing) at once, and in a second after that.
   * Answers: a loop of signals, each of which may be a row or a call to another mailbox.
   */
  SIGNAL_BURST: 1_000,
  SIGNALS_PER_SECOND: 100,
  /** Connections that a user opens at once, and in a second after that; a device opens half as many at once. Answers: opening and dropping in a loop. */
  CONNECT_BURST: 30,
  CONNECTS_PER_SECOND: 3,
  /**
   * Requests that a user makes over HTTP at once, and in a second after that; each 64 KiB of an answer cost as much as a request. Answers: reading
   * the same history without end.
   */
  REQUEST_BURST: 200,
  REQUESTS_PER_SECOND: 20,
  /** Open sockets of a user; the one idle for longest goes. Answers: a leak of connections, which are memory. */
  SOCKETS: 16,
  /** Messages of one author that no device of the user has, and of all authors. Answers: a mailbox as a dump. */
  BACKLOG_PER_CORRESPONDENT: 10_000,
  BACKLOG: 100_000,
  /** Attempts to sign in or to register in a minute, for one address. Answers: guessing codes, and claiming names in bulk. */
  ATTEMPTS_PER_MINUTE: 30,
  /** Messages of a stranger before the user has accepted. Answers: unwanted mail. */
  STRANGER_MESSAGES: 3,
} as const;

/** Signed-in devices of a user; the one not seen for longest goes. Answers: sign-ins as storage. */
export const SIGNED_IN = 64;

/** Tokens of a service account. Answers: tokens as storage. */
export const ACCESSES = 16;

/** Of a webhook. */
export const HOOK = {
  /** Frames of one post; their bytes are limited as a window's are. Answers: a post that nobody can take. */
  FRAMES: 64,
  /** How long an answer is waited for, ms. Answers: an address that keeps a mailbox awake. */
  TIMEOUT_MS: 15_000,
  /** After a post an alarm rings so much later, ms, when it must be over: for what a crash has interrupted. */
  WATCH_MS: 20_000,
  /** The shortest and the longest wait before the next try, ms, and after how long without success there is none: 4 hours, 3 days. Answers: trying for ever. */
  SHORTEST_MS: 5_000,
  LONGEST_MS: 14_400_000,
  GIVE_UP_MS: 259_200_000,
} as const;

/** Passkeys of a user. Answers: keys as storage. */
export const PASSKEYS = 16;

/** How long a link code is good, in ms, and how many wrong ones end it. Answers: guessing 40 bits. */
export const LINK_MS = 600_000;
export const LINK_TRIES = 5;

/** Wrong recovery codes that one wake of a mailbox looks at in an hour. Answers: waking it to guess 125 bits. */
export const RECOVERY_TRIES = 10;

/** Peers whose presence one socket may watch. Answers: a socket that wakes half the world. */
export const WATCHED = 64;

/** Of presence, and of typing. */
export const SIGNALS = {
  /** What was heard of a peer answers a `watch` for so long, ms. Answers: a list that goes to and fro, whose every change calls others. */
  HEARD_MS: 5_000,
  /** Peers that are asked for the presence of at once, and in a second after that. Answers: a socket that wakes one mailbox after the other. */
  ASK_BURST: 64,
  ASKS_PER_SECOND: 4,
  /** Calls of one event; the rest is made from an alarm. Answers: the platform's limit of 50 calls, which would lose the rest. */
  CALLS: 40,
  /** Correspondents who are told that the user came or went, the latest first. Answers: a user to whom everybody once wrote. */
  TOLD: 100,
  /** Changes that are told at once, and ms after which one more is; the last one always is. Answers: connecting and leaving in a loop. */
  CHANGES: 4,
  CHANGE_MS: 10_000,
  /** Ms between two signs of typing to the same peer; signs to all peers at once, and in a second after that. Answers: a key held down. */
  TYPING_MS: 1_000,
  TYPING_BURST: 20,
  TYPINGS_PER_SECOND: 10,
} as const;

/** Frames `token` of one socket at once, and in a second after that. Answers: tokens as work, since each is verified. */
export const RENEWALS = { BURST: 2, PER_SECOND: 1 } as const;

/** Levels of arrays and objects in a body. Answers: a body that overflows the stack of whoever reads it. */
export const BODY_DEPTH = 128;

/** UTF-16 units of a userName, and characters of a device. Answers: names as storage. */
export const NAME_UNITS = 64;

/** UTF-16 units of a token, at most. Answers: hashing and parsing what nobody made. */
export const TOKEN_UNITS = 8_192;

/** First number that is no `seq` and no `id` any more: 2^53. */
export const NUMBER_END = 9_007_199_254_740_992;

/** How far ahead of the clock, in ms, a cursor may point. Answers: a cursor that no mailbox can ever have given, which would hide what comes. */
export const CLOCK_SLACK = 86_400_000;

/** Size of `text` in UTF-8 bytes. */
export function utf8Bytes(text: string): number {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length;
}

/** Whether `text` has more than `limit` UTF-8 bytes; a text of any size is answered in bounded memory. */
export function exceeds(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Bytes(text) > limit;
}

const encoder = new TextEncoder();
