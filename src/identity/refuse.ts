// How an upgrade is refused. A browser can't see the HTTP status of a failed upgrade, so where v1 was offered the socket is accepted
// here, told why, and closed at once; no object is woken. A plain client gets an HTTP status.
import { count } from "../protocol/counts.ts";
import { write } from "../protocol/down.ts";
import { closeCode, type Refusal } from "../protocol/refusals.ts";
import { type Offer, V1 } from "../protocol/version.ts";
import { problem } from "./problem.ts";

export { problem } from "./problem.ts";

export function refuseUpgrade(offer: Offer, why: Refusal): Response {
  const answer = "dialect" in offer ? offer.answer : offer.unknown;
  const seesCloseCodes = "dialect" in offer ? offer.dialect === V1 : offer.unknown !== null;
  return seesCloseCodes && answer !== null ? acceptAndClose(answer, why) : problem(why);
}

function acceptAndClose(answer: string, why: Refusal): Response {
  count("problem", why.code);
  const pair = new WebSocketPair();
  const code = closeCode(why.code);
  const retry = why.retryAfter === undefined ? {} : { retryAfter: why.retryAfter };
  pair[1].accept();
  pair[1].send(write({ type: "closing", code, message: why.message, ...retry }));
  pair[1].close(code, why.code);
  return new Response(null, { status: 101, webSocket: pair[0], headers: { "Sec-WebSocket-Protocol": answer } });
}
