// Refuses an upgrade. A browser can't see the HTTP status of a failed upgrade. So for a client that speaks restante.v1,
// or another version of it and no known dialect, the socket is accepted here, sent the reason, and closed at once; no
// object is woken. Every other client gets an HTTP status.
import { closeWithReason, writeClosing } from "../protocol/closing.ts";
import { countLabelled } from "../protocol/counters.ts";
import { CLOSE_ANSWER_MS } from "../protocol/limits.ts";
import { type CodeIn, isSentIn, type Refusal, refusal } from "../protocol/refusals.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { type Offer, V1 } from "../protocol/version.ts";
import { mayRefuseBySocket } from "./attempts.ts";
import { executionContextOf, type RequestContext } from "./request-context.ts";
import { problemResponse } from "./problem-response.ts";

export function refuseUpgrade(c: RequestContext, offer: Offer, why: Refusal): Response {
  const answer = "dialect" in offer ? offer.answer : offer.unknown;
  const seesCloseCodes = "dialect" in offer ? offer.dialect === V1 : offer.unknown !== null;
  // Above its limit, an address gets an HTTP status in every case. Answers: refused sockets as memory.
  return seesCloseCodes && answer !== null && mayRefuseBySocket(c.req.raw, c.env)
    ? acceptAndClose(answer, isSentIn("closing", why) ? why : refusal("internal"), executionContextOf(c))
    : problemResponse(why);
}

function acceptAndClose(answer: string, why: Refusal<CodeIn<"closing">>, context: ExecutionContext | null): Response {
  countLabelled("problem", why.code);
  const pair = new WebSocketPair();
  pair[1].accept();
  pair[1].send(writeClosing(why));
  closeWithReason(pair[1], why);
  if (context !== null) context.waitUntil(cutOff(pair[1], context));
  return new Response(null, { status: 101, webSocket: pair[0], headers: { "Sec-WebSocket-Protocol": answer } });
}

/**
 * Cuts the connection of a client that does not answer the close in time. The runtime waits for the answer without a
 * limit, and closing again has no effect; only aborting the request's context ends the connection (seen with workerd
 * 2026-10-23).
 */
async function cutOff(socket: WebSocket, context: ExecutionContext): Promise<void> {
  const answered = new Promise<void>((done) => {
    for (const end of ["close", "error"] as const) socket.addEventListener(end, () => done());
  });
  try {
    await withTimeout(answered, CLOSE_ANSWER_MS);
  } catch {
    context.abort("a refused connection was cut off: its client did not answer the close");
  }
}
