// Lines of the log that anybody can cause: one a minute of each kind is enough to find the reason, and can't fill a disk.

/** Ms between two lines of a kind. Answers: a log that is filled by whoever sends what is refused. */
const LINE_EVERY_MS = 60_000;

/** Kinds are words of ours, so there are few. */
const lastLines = new Map<string, number>();

/** Whether a line of this kind is due; then the next one is so in a minute. */
export function mayLog(kind: string): boolean {
  const now = Date.now();
  if (now - (lastLines.get(kind) ?? -LINE_EVERY_MS) < LINE_EVERY_MS) return false;
  lastLines.set(kind, now);
  return true;
}
