// Every limit of the wire in one place, each with the threat that it answers.
// Sizes are UTF-8 bytes of the JSON text; `welcome.limits` tells a client the ones it has to keep.

/** Bytes of one body. Answers: one message that fills a row, a page of history, or a text. */
export const MAX_BODY_BYTES = 65_536;

/** Frames in one text, up or down. Answers: a small text that is much work. */
export const FRAMES = 4_096;

/** Bytes of one text, up or down; below 1 MiB, so that ordinary client libraries take it. Answers: parsing what nobody can use. */
export const TEXT_BYTES = 1_000_000;

/** What a client is told and has to keep. The SDK needs some of them alone, which therefore stand by themselves. */
export const LIMITS = {
  /** Log frames unacknowledged on one socket. Answers: a device that stops reading would fill memory. */
  window: 4_096,
  /** Bytes of log frames unacknowledged on one socket. Answers: as above, with large bodies. */
  windowBytes: 4 * 1_024 * 1_024,
  bodyBytes: MAX_BODY_BYTES,
  textBytes: TEXT_BYTES,
  frames: FRAMES,
} as const;

/**
 * What costs without effect on one socket: frames that are refused, unreadable, dropped or sent before, and bytes that nothing was made of. The
 * count leaks; above `MOST` the socket is closed, and so is one of a user whose sockets together have twice that. `RATE_LIMIT` does not lift it.
 */
export const REJECTED = {
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
export const PAUSE = { EVERY: 1_000, MS: 20, FORGOTTEN_MS: 1_000 } as const;

/**
 * Bytes of answers and signals that a socket was told since its device last acknowledged anything. Answers: a device that sends or watches and
 * does not read: log frames wait for its acks, answers are memory.
 */
export const UNREAD_BYTES = 4_194_304;

/**
 * Bytes that sockets of a user may hold that were closed and whose clients have not answered that; with more nobody connects. Answers: a
 * client that opens one after the other and reads none, each of which is a window of memory.
 */
export const UNANSWERED_BYTES = 33_554_432;

/** How long a client has to read what a stream of events had said before its end, ms. Answers: the same, by streams. */
export const STREAM_READ_MS = 60_000;

/** How much and how often. Each is a variable of the same name; RATE_LIMIT=off lifts all but STRANGER_MESSAGES. */
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
  /** Messages on their way to one receiver that has them not yet. Answers: a receiver that is away as a reason to fill one's own mailbox. */
  OUTBOX_PER_CORRESPONDENT: 10_000,
  /** Bytes of one mailbox's database. Answers: one user who fills the disk of all; on Cloudflare an object has at most 10 GB. */
  MAILBOX_BYTES: 1_000_000_000,
} as const;

/**
 * Streams of events that take the place of their device's connection: how many at once, and ms for one more. Answers: two clients with one
 * device name that replace each other for ever.
 */
export const TAKEOVERS = { BURST: 20, REFILL_MS: 30_000 } as const;

/**
 * Calls of one event unless the variable CALLS_PER_EVENT says otherwise, and the most that it may say. The free plan refuses the 51st, the
 * paid one some time after 1,000; the rest is for what leaves unasked: reports to the census, and a key set. Answers: a message to thousands.
 */
export const CALLS_PER_EVENT = 32;
export const MAX_CALLS_PER_EVENT = 900;

/** Signed-in devices of a user; the one not seen for longest goes. Answers: sign-ins as storage. */
export const SIGNED_IN = 64;

/** Devices of a user that a mailbox knows by their names, the newest ones. Answers: a program that is a new device at each start. */
export const DEVICES = 64;

/** How far below the last id of its device a send may lie to be looked for in the log. Answers: repeats that walk through the log. */
export const REPEATED_IDS = 4_096;

/** Bytes of one page of history, or of conversations, by their texts. Answers: answers that nobody reads, as memory. */
export const PAGE_BYTES = 1_000_000;

/** Tokens of a service account. Answers: tokens as storage. */
export const ACCESSES = 16;

/** Of a webhook. */
export const WEBHOOK = {
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

/** How long a link code is good, in ms. Answers: a code that somebody finds later. */
export const LINK_MS = 600_000;

/** How long after a sign-in or a proof a device may change who comes in, in ms. Answers: a device that somebody else picks up. */
export const PROOF_MS = 900_000;

/** A notice of wrong codes comes at most once in this time, ms. Answers: strangers who fill somebody's log with it. */
export const ATTEMPTS_NOTICE_MS = 3_600_000;

/** Used challenges that an account remembers until they expire. Answers: sign-ins as storage. */
export const USED_CHALLENGES = 64;

/** Days without a sign of a device after which it has to sign in anew. Answers: a forgotten device that opens the mailbox for ever. */
export const SESSION_IDLE_DAYS = 90;

/** Peers whose presence one socket may watch. Answers: a socket that wakes half the world. */
export const MAX_WATCHED_PEERS = 64;

/** Of presence, and of typing. */
export const SIGNALS = {
  /** What was heard of a peer answers a `watch` for so long, ms. Answers: a list that goes to and fro, whose every change calls others. */
  HEARD_MS: 5_000,
  /** Peers that are asked for the presence of at once, and in a second after that. Answers: a socket that wakes one mailbox after the other. */
  ASK_BURST: 64,
  ASKS_PER_SECOND: 4,
  /** Calls of one event; the rest is made from an alarm. Answers: a hundred mailboxes that wake at once. See also CALLS_PER_EVENT. */
  CALLS: 24,
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
export const MAX_BODY_DEPTH = 128;

/** UTF-16 units of a userName, and characters of a device. Answers: names as storage. */
export const MAX_NAME_UNITS = 64;

/** UTF-16 units of a token, at most. Answers: hashing and parsing what nobody made. */
export const MAX_TOKEN_UNITS = 8_192;

/** Bytes of a body that is read for a token whose mailbox has not spoken yet. Answers: reading and parsing for somebody who may not ask. */
export const UNCONFIRMED_BODY_BYTES = 4_096;

/** Bytes of a body for which no token is asked, and of what an authenticator signs. Answers: parsing what strangers send. */
export const STRANGER_BODY_BYTES = 4_096;
export const PASSKEY_BODY_BYTES = 16_384;

/** How long a body may take to arrive, ms. Answers: bodies that trickle, each of which is an open connection. */
export const BODY_READ_MS = 30_000;

/** How long a client has to answer the close of a refused upgrade, ms; then the connection is cut. Answers: refused sockets that stay open. */
export const CLOSE_ANSWER_MS = 10_000;

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
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Bytes(text) > limit;
}

const encoder = new TextEncoder();
