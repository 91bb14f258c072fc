// What the log says of attempts to come in: who cannot be named, so the network; and a line a minute for each, so that a flood of attempts
// is no flood of lines.
import { logEvent } from "../protocol/log-events.ts";

const MINUTE_MS = 60_000;
/** Lines of one minute over all networks. Answers: a botnet that fills the log. */
const LINES_PER_MINUTE = 60;

export type AttemptEvent = "token_refused" | "operator_refused" | "attempts_exhausted";

/** What happened in this minute, by event and network: how often. */
const counted = new Map<string, number>();
/** Those that had no line of their own because the minute had enough. */
let unnamed = 0;
let begun = 0;

/** Notes it, unless the same was noted of this network in the same minute: then it is counted. */
export function logAttempt(event: AttemptEvent, network: string, now = Date.now()): void {
  if (now - begun >= MINUTE_MS) endMinute(now);
  const key = `${event} ${network}`;
  const times = counted.get(key);
  if (times !== undefined) counted.set(key, times + 1);
  else if (counted.size < LINES_PER_MINUTE) {
    counted.set(key, 1);
    writeLine(event, network);
  } else unnamed++;
}

/** What the minute had beyond its lines is said in one. */
function endMinute(now: number): void {
  let more = unnamed;
  for (const times of counted.values()) more += times - 1;
  if (more > 0) logEvent("attempts_unlisted", { more, since: begun });
  counted.clear();
  unnamed = 0;
  begun = now;
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
