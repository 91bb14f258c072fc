// Every limit in one place, each with the threat that it answers. Sizes are UTF-8 bytes of the JSON text; a client gets
// the limits that it must observe in `welcome.limits`.

/** Bytes of one body. Answers: one message that fills a row, a page of history, or a text. */
export const MAX_BODY_BYTES = 65_536;

/** Frames in one text, up or down. Answers: a small text that causes much work. */
export const MAX_FRAMES = 4_096;

/** Bytes of one text, up or down; below 1 MiB, which common client libraries accept. Answers: parsing useless texts. */
export const MAX_TEXT_BYTES = 1_000_000;

/** The limits that a client gets and must observe. Some also have constants of their own, for the SDK. */
export const LIMITS = {
  /** Unacknowledged log frames of one socket. Answers: a device that stops reading would fill memory. */
  window: 4_096,
  /** Bytes of unacknowledged log frames of one socket. Answers: as above, with large bodies. */
  windowBytes: 4 * 1_024 * 1_024,
  bodyBytes: MAX_BODY_BYTES,
  textBytes: MAX_TEXT_BYTES,
  frames: MAX_FRAMES,
  /** Emoji of one reaction. Answers: a reaction that fills a screen. */
  reactions: 8,
} as const;

/**
 * Rejected work of one socket: frames that are refused, unreadable, dropped or repeated, and bytes without effect. A
 * leaky counter: above the maximum the socket is closed, and so is one socket of a user whose sockets together have
 * twice that. RATE_LIMIT=off does not lift it.
 */
export const REJECTED = {
  /** The maximum: four full texts. Answers: a client that ignores refusals, and replies that no device reads. */
  MAX: 16_384,
  /** The leak per second: more than a device sends that retries a full queue each second. Answers: the same, slowly. */
  LEAK_PER_SECOND: 5_000,
  /** The price of a text, besides its frames. Answers: many small texts, each of which is an event. */
  TEXT_PRICE: 20,
  /** UTF-16 units that cost as much as a frame. Answers: large rejected texts, which have to be parsed. */
  UNITS_PER_FRAME: 250,
} as const;

/**
 * After rejected work of this price, in units of REJECTED, a mailbox accepts no event for 20 ms. The count restarts
 * after 1 s without rejected work. Answers: queued texts, all of which the runtime would handle before it
 * serves another socket, also those of a client that ignores a close.
 */
export const PAUSE = { PRICE: 1_000, MS: 20, RESET_MS: 1_000 } as const;

/**
 * Bytes of replies and signals sent to a socket since its device's last ack. Answers: a device that sends or watches
 * but does not read: log frames wait for its acks, but replies are memory.
 */
export const MAX_UNREAD_BYTES = 4_194_304;

/**
 * UTF-8 bytes of a text before acks or answers show how fast a link is, and the ms that a text may take after that.
 * Answers: a client on a slow link that receives no whole text within the time limit of its heartbeat, connects again,
 * and never gets further. At 64 kbit/s the first texts take 4 s each. With 16,384 bytes bursts stay cut in two: with
 * 512 messages in flight each costs half as much again (SDK, 8 pairs, 2026-11-30).
 */
export const FIRST_TEXT_BYTES = 32_768;
export const TEXT_MS = 2_000;

/**
 * Bytes held by a user's closed sockets whose clients have not answered the close; above it, new connections are
 * refused. Answers: a client that opens socket after socket and reads none, each of which holds a window of memory.
 */
export const MAX_UNANSWERED_BYTES = 33_554_432;

/**
 * Ms by which the clocks of an issuer of JSON Web Tokens and of this server may differ: for `nbf` ahead, and for `exp`
 * behind. Answers: users who are refused because two clocks differ by seconds.
 */
export const JWT_LEEWAY_MS = 5_000;

/**
 * Ms for a client to read the rest of an ended event stream. Answers: event streams that nobody reads, each of which
 * holds a window of memory.
 */
export const STREAM_READ_MS = 60_000;

/** Rate limits and quotas. Each is a variable of the same name; RATE_LIMIT=off lifts all but STRANGER_MESSAGES. */
export const QUOTAS = {
  /** Messages of a user: burst, and rate. Answers: a stolen or broken device that fills others' mailboxes. */
  SEND_BURST: 60,
  SENDS_PER_SECOND: 10,
  /** Users to whom a user writes for the first time, per hour. Answers: spam, and guessing who exists. */
  NEW_CORRESPONDENTS_PER_HOUR: 60,
  /**
   * Frames of a user other than messages (`watch`, `typing`, `read`, `token`, acks without effect): burst, and rate.
   * Answers: a loop of signals, each of which may cost a row or a call to another mailbox.
   */
  SIGNAL_BURST: 1_000,
  SIGNALS_PER_SECOND: 100,
  /** Connections that a user opens: burst, and rate; a device has half the burst. Answers: reconnecting in a loop. */
  CONNECT_BURST: 30,
  CONNECTS_PER_SECOND: 3,
  /**
   * HTTP requests of a user: burst, and rate; each 64 KiB of a response costs as much as a request. Answers: reading
   * the same history in a loop.
   */
  REQUEST_BURST: 200,
  REQUESTS_PER_SECOND: 20,
  /**
   * Open sockets of a user; one more closes the one idle for longest. Answers: leaked connections, which are memory.
   */
  SOCKETS: 16,
  /**
   * Messages that no device of the user has: of one author, and of all. Answers: filling a mailbox that is not read.
   */
  BACKLOG_PER_CORRESPONDENT: 10_000,
  BACKLOG: 100_000,
  /**
   * Attempts of an address to sign in or to register, per minute. Answers: guessing codes, and claiming names in bulk.
   */
  ATTEMPTS_PER_MINUTE: 30,
  /** Messages of a stranger before the user accepts the request. Answers: unwanted mail. */
  STRANGER_MESSAGES: 3,
  /** Unsettled messages to one receiver. Answers: filling the own mailbox with messages to an unreachable one. */
  OUTBOX_PER_CORRESPONDENT: 10_000,
  /**
   * Bytes of a mailbox's database. Answers: one user who fills the disk of all; on Cloudflare an object has at most 10
   * GB.
   */
  MAILBOX_BYTES: 1_000_000_000,
} as const;

/**
 * Event streams that replace their device's connection: burst, and ms for one more. Answers: two clients with one
 * device name that replace each other endlessly.
 */
export const TAKEOVERS = { BURST: 20, REFILL_MS: 30_000 } as const;

/**
 * Calls of one event, if the variable CALLS_PER_EVENT is not set, and the maximum of that variable. The free plan
 * refuses the 51st call, the paid plan one after the 1,000th; the margin is for reports to the census and a key set.
 * Answers: a message to thousands.
 */
export const CALLS_PER_EVENT = 32;
export const MAX_CALLS_PER_EVENT = 900;

/** Signed-in devices of a user; one more signs out the one not seen for longest. Answers: sign-ins as storage. */
export const MAX_SIGNED_IN_DEVICES = 64;

/** Devices that a mailbox remembers, the newest. Answers: a program that is a new device at each start. */
export const MAX_DEVICES = 64;

/** Ids below the device's last one for which a repeated send is looked up. Answers: repeats that scan the log. */
export const REPEAT_WINDOW_IDS = 4_096;

/** Bytes of one HTTP page of messages or conversations, by their texts. Answers: unread responses as memory. */
export const MAX_PAGE_BYTES = 1_000_000;

/** Tokens of a service account. Answers: tokens as storage. */
export const MAX_SERVICE_TOKENS = 16;

/** Limits of a webhook. */
export const WEBHOOK = {
  /** Frames of one post; their bytes are limited like a window's. Answers: a post that no server accepts. */
  MAX_FRAMES: 64,
  /** The timeout of a post, ms. Answers: an address that keeps a mailbox awake. */
  TIMEOUT_MS: 15_000,
  /** The alarm after a post starts, ms, when it must be over. Answers: a post that a crash interrupted. */
  ALARM_MS: 20_000,
  /**
   * The back-off: shortest and longest retry delay (4 hours), and when to give up (3 days), ms. Answers: endless
   * retries.
   */
  SHORTEST_RETRY_MS: 5_000,
  LONGEST_RETRY_MS: 14_400_000,
  GIVE_UP_MS: 259_200_000,
} as const;

/** Passkeys of a user. Answers: keys as storage. */
export const MAX_PASSKEYS = 16;

/** How long a link code is valid, ms. Answers: a code that a stranger finds later. */
export const LINK_CODE_MS = 600_000;

/**
 * How long after a sign-in or proof a device may change credentials, ms. Answers: a device that a stranger picks up.
 */
export const PROOF_MS = 900_000;

/** Least ms between two notices of wrong codes. Answers: strangers who fill a user's log with them. */
export const ATTEMPTS_NOTICE_MS = 3_600_000;

/** Used challenges that an account remembers until they expire. Answers: sign-ins as storage. */
export const MAX_USED_CHALLENGES = 64;

/** Idle days after which a device has to sign in again. Answers: a forgotten device that keeps access forever. */
export const SESSION_IDLE_DAYS = 90;

/** Peers whose presence one socket may watch. Answers: a socket that wakes very many mailboxes. */
export const MAX_WATCHED_PEERS = 64;

/** Ms between two changes of a contact's display name that are stored. Answers: names as a stream of entries and rows. */
export const NAME_CHANGE_MS = 900_000;

/** Limits of presence and typing. */
export const SIGNALS = {
  /**
   * How long a peer's presence is cached for `watch`, ms. Answers: a watch list that alternates, with calls each time.
   */
  CACHE_MS: 5_000,
  /** Presence queries to peers: burst, and rate. Answers: a socket that wakes one mailbox after the other. */
  ASK_BURST: 64,
  ASKS_PER_SECOND: 4,
  /**
   * Calls of one event; an alarm makes the rest. Answers: a hundred mailboxes woken at once. See also CALLS_PER_EVENT.
   */
  CALLS_PER_EVENT: 24,
  /** Peers that are notified of the user's presence, the latest first. Answers: a user with thousands of peers. */
  NOTIFIED: 100,
  /**
   * Changes of presence sent: burst, and ms for one more; the last one is always sent. Answers: reconnecting in a loop.
   */
  CHANGE_BURST: 4,
  CHANGE_REFILL_MS: 10_000,
  /** Typing signals: least ms between two to one peer; burst and rate to all peers. Answers: a key held down. */
  TYPING_MS: 1_000,
  TYPING_BURST: 20,
  TYPINGS_PER_SECOND: 10,
} as const;

/** Frames `token` of one socket: burst, and rate. Answers: tokens as work, since each is verified. */
export const RENEWALS = { BURST: 2, PER_SECOND: 1 } as const;

/** Nesting levels of a body. Answers: a body that overflows the stack of its reader. */
export const MAX_BODY_DEPTH = 128;

/** UTF-16 units of a userName, and of a device's name. Answers: names as storage. */
export const MAX_NAME_UNITS = 64;

/** UTF-16 units of an epoch that a client names. Answers: a query of any length. */
export const MAX_EPOCH_UNITS = 64;

/** UTF-16 units of a token. Answers: hashing and parsing invented tokens. */
export const MAX_TOKEN_UNITS = 8_192;

/**
 * Bytes of a body that is read before the mailbox has confirmed the token. Answers: parsing for unauthorized callers.
 */
export const UNCONFIRMED_BODY_BYTES = 4_096;

/** Bytes of a body without a token, and of one with a passkey's signature. Answers: parsing for strangers. */
export const STRANGER_BODY_BYTES = 4_096;
export const PASSKEY_BODY_BYTES = 16_384;

/** Ms for a body to arrive. Answers: slow bodies, each of which is an open connection. */
export const BODY_READ_MS = 30_000;

/**
 * Ms for a client to answer the close of a refused upgrade; then it is cut. Answers: refused sockets that stay open.
 */
export const CLOSE_ANSWER_MS = 10_000;

/** Upper bound (exclusive) of `seq` and `id`: 2^53. */
export const NUMBER_END = 9_007_199_254_740_992;

/** How far ahead of the clock a cursor may be, ms. Answers: an impossible cursor, which would hide new messages. */
export const CLOCK_SLACK_MS = 86_400_000;

/** The size of `text` in UTF-8 bytes. */
export function utf8Bytes(text: string): number {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length;
}

/** Whether `text` has more than `limit` UTF-8 bytes. Uses bounded memory for a text of any size. */
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Bytes(text) > limit;
}

const encoder = new TextEncoder();
