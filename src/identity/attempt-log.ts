// Logs attempts to sign in. The user is unknown, so a line names the network; and each network has one line a minute,
// so that a flood of attempts is no flood of lines.
import { logEvent } from "../protocol/log-events.ts";

const MINUTE_MS = 60_000;
/** Lines of one minute over all networks. Answers: a botnet that fills the log. */
const LINES_PER_MINUTE = 60;

type AttemptEvent = "token_refused" | "operator_refused" | "attempts_exhausted";

/** The current minute of this isolate. Bounded: `counts` has at most LINES_PER_MINUTE keys. */
const minute = {
  startedAt: 0,
  /** How often each event happened, by event and network. */
  counts: new Map<string, number>(),
  /** Events that got no line because the minute had enough. */
  unlisted: 0,
};

/**
 * Logs an attempt, or only counts it if this minute has a line of this event and network, or has enough lines. Returns
 * how often it happened in this minute; 0 where that is not counted.
 */
export function logAttempt(event: AttemptEvent, network: string, now = Date.now()): number {
  if (now - minute.startedAt >= MINUTE_MS) startMinute(now);
  const key = `${event} ${network}`;
  const times = minute.counts.get(key);
  if (times !== undefined) {
    minute.counts.set(key, times + 1);
    return times + 1;
  }
  if (minute.counts.size >= LINES_PER_MINUTE) {
    minute.unlisted++;
    return 0;
  }
  minute.counts.set(key, 1);
  writeLine(event, network);
  return 1;
}

/** Starts a minute, after one line that says how many events of the last one had none. */
function startMinute(now: number): void {
  let more = minute.unlisted;
  for (const times of minute.counts.values()) more += times - 1;
  if (more > 0) logEvent("attempts_unlisted", { more, since: minute.startedAt });
  minute.counts.clear();
  minute.unlisted = 0;
  minute.startedAt = now;
}

function writeLine(event: AttemptEvent, network: string): void {
  switch (event) {
    case "token_refused":
      return logEvent("token_refused", { network });
    case "operator_refused":
      return logEvent("operator_refused", { network });
    case "attempts_exhausted":
      return logEvent("attempts_exhausted", { network });
    default:
      return event satisfies never;
  }
}
