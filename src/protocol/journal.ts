// The structured log: one JSON line an event, with a stable name. Never a message's text, a token, or a stack.

/** Writes one event. Fields are names, numbers and codes. */
export function note(event: string, fields: Readonly<Record<string, string | number | boolean | null>>): void {
  console.log(JSON.stringify({ event, ...fields }));
}

/** What a caught value says of itself; for the log, never for a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
