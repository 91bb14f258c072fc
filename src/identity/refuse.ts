// How an upgrade is refused. A browser can't see the HTTP status of a failed upgrade, so where v1 was offered the socket is accepted
// here, told why, and closed at once; no object is woken. A plain client gets an HTTP status.
import { count } from "../protocol/counts.ts";
import { write } from "../protocol/down.ts";
import { closeCode, REFUSALS, type Refusal } from "../protocol/refusals.ts";
import { type Offer, V1 } from "../protocol/version.ts";

export function refuseUpgrade(offer: Offer, why: Refusal): Response {
  const answer = "dialect" in offer ? offer.answer : offer.unknown;
  const seesCloseCodes = "dialect" in offer ? offer.dialect === V1 : offer.unknown !== null;
  return seesCloseCodes && answer !== null ? acceptAndClose(answer, why) : problem(why);
}

/** A refusal as an HTTP response: a problem document (RFC 9457) with the code and the sentence of the wire. */
export function problem(why: Refusal): Response {
  count("problem", why.code);
  const { status, message } = REFUSALS[why.code];
  const about = { type: `urn:restante:${why.code}`, title: `${message}.`, status, detail: why.message };
  const wait = why.retryAfter === undefined ? {} : { "Retry-After": String(Math.ceil(why.retryAfter / 1_000)) };
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...wait };
  return Response.json({ ...about, ...why }, { status, headers });
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
