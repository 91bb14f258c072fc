// Calls to the front of the running server: this process says what only it can know. They go to a second socket of the
// front, on loopback, with a secret that is made anew for each start.
import { randomBytes } from "node:crypto";

/** The secret of this start. Answers: other users of this machine, who reach loopback too. */
export const CONTROL_SECRET = randomBytes(32).toString("hex");

/** Ms for a call that changes a value in memory. */
const CALL_MS = 2_000;

/** Posts to the front's control socket; returns the text of its answer, or null if there is none in time. */
export async function callFront(port: number, path: string, body = "", within = CALL_MS): Promise<string | null> {
  if (port === 0) return null;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${CONTROL_SECRET}` },
      body,
      signal: AbortSignal.timeout(within),
    });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
