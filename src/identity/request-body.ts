// Reads the body of a request: once, whole, in time linear in its size. A body that is too large, too slow, truncated
// or not UTF-8 is refused before it is used.
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { BODY_READ_MS, utf8Bytes } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { checkBodyAllowance } from "./body-allowance.ts";
import { mayLog } from "./log-throttle.ts";
import { problemResponse } from "./problem-response.ts";
import type { RequestContext } from "./request-context.ts";

type BodyText = { readonly text: string } | { readonly refused: Refusal };

/** Middleware: reads a body of at most `bytes`. Later steps find it in memory, as JSON for any Content-Type. */
export function limitBody(bytes: number) {
  return async (c: RequestContext, next: () => Promise<void>): Promise<Response | void> => {
    const body = await readBody(c.req.raw, bytes);
    if ("refused" in body) return problemResponse(body.refused);
    const tooMuch = checkBodyAllowance(c, utf8Bytes(body.text));
    if (tooMuch !== null) return problemResponse(tooMuch);
    const headers = new Headers(c.req.raw.headers);
    headers.set("Content-Type", "application/json");
    c.req.raw = new Request(c.req.raw.url, { method: c.req.raw.method, headers, body: body.text });
    return next();
  };
}

/** The body as text, or why it is refused. Nothing beyond `bytes` is read. */
export async function readBody(request: Request, bytes: number, timeoutMs = BODY_READ_MS): Promise<BodyText> {
  const tooLarge = { refused: refusal("too_large", `a body has at most ${bytes} bytes`) };
  const announced = contentLength(request);
  if (announced !== null && announced > bytes) return tooLarge;
  const reader = request.body?.getReader();
  if (reader === undefined) return { text: "" };
  try {
    const chunks = await withTimeout(collect(reader, bytes), timeoutMs);
    if (chunks === null) return tooLarge;
    const body = concatenate(chunks);
    if (announced !== null && announced !== body.byteLength) return refuseBroken("fewer bytes than announced");
    return decodeUtf8(body);
  } catch (error) {
    return refuseBroken(reasonOf(error));
  } finally {
    // Has no effect on a stream that was read to its end.
    reader.cancel().catch(() => undefined);
  }
}

/** The request's Content-Length, or null. */
export function contentLength(request: Request): number | null {
  const length = request.headers.get("Content-Length");
  return length === null ? null : Number(length);
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytes: number,
): Promise<readonly Uint8Array[] | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    size += value.byteLength;
    if (size > bytes) return null;
    chunks.push(value);
  }
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const body = new Uint8Array(chunks.reduce((size, { byteLength }) => size + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

function decodeUtf8(bytes: Uint8Array): BodyText {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { refused: refusal("bad_frame", "the body is not UTF-8") };
  }
}

function refuseBroken(reason: string): BodyText {
  // Any client can break off as often as it likes.
  if (mayLog("body_lost")) logEvent("body_lost", { reason });
  return { refused: refusal("bad_frame", "the body did not come whole and in time") };
}
