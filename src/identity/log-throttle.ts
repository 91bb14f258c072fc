// Throttles log lines that any client can cause: one a minute of each kind shows the reason, and can't fill a disk.

/** Least ms between two lines of a kind. Answers: refused requests that fill the log. */
const LINE_EVERY_MS = 60_000;

/** When the last line of each kind was written, in this isolate. Bounded: kinds are words of this code. */
const lastLines = new Map<string, number>();

/** Whether a line of this kind may be written now. If so, the next one may be in a minute. */
export function mayLog(kind: string): boolean {
  const now = Date.now();
  if (now - (lastLines.get(kind) ?? -LINE_EVERY_MS) < LINE_EVERY_MS) return false;
  lastLines.set(kind, now);
  return true;
}
