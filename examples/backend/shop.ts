// A backend with a service account: it sends over HTTP, and receives messages as webhooks, whose signatures it checks.
//
//   node examples/backend/shop.ts     (Node.js 22.18 or newer; before that: npx tsx)
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import process from "node:process";

const { RESTANTE_URL = "http://localhost:8787", PORT = "8790" } = process.env;
const RESTANTE_TOKEN = required("RESTANTE_TOKEN");
const WEBHOOK_SECRET = required("WEBHOOK_SECRET");

/** The value of a variable. Answers: posts of anybody, which an empty secret would allow. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The variable ${name} is not set.`);
  return value;
}

/** A post of Restante. Frames of other types are ignored here. */
interface Post {
  readonly user: string;
  readonly epoch: string;
  readonly frames: readonly { readonly type: string; readonly seq: number; readonly from?: string }[];
}

/** Sends a message. Repeated with the same key within 24 hours, it is sent once. */
async function send(to: string, body: unknown, key: string): Promise<void> {
  const response = await fetch(`${RESTANTE_URL}/api/messages`, {
    method: "POST",
    headers: { Authorization: `Bearer ${RESTANTE_TOKEN}`, "Idempotency-Key": key },
    body: JSON.stringify({ to, body }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

const signingKey = Buffer.from(WEBHOOK_SECRET.replace("whsec_", ""), "base64");
/** Seconds. Answers: a post that somebody recorded and sends again later. */
const MAX_AGE = 300;

/** Whether Restante sent this body, as Standard Webhooks says. `body` is the text as it came: parse it after this. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) => String(headers[`webhook-${name}`]));
  if (!(Math.abs(Date.now() / 1_000 - Number(time)) <= MAX_AGE)) return false;
  const signature = createHmac("sha256", signingKey).update(`${id}.${time}.${body}`).digest("base64");
  const expected = Buffer.from(`v1,${signature}`);
  const given = (signatures ?? "").split(" ").map((text) => Buffer.from(text));
  return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

/** A post may come again: the key of an answer is the message that it answers. */
async function handle({ user, epoch, frames }: Post): Promise<void> {
  for (const { type, seq, from } of frames) {
    if (type !== "message" || from === undefined || from === user) continue;
    await send(from, "We have received your message.", `${epoch}-${seq}`);
  }
}

/**
 * Bytes of a post: one of Restante has at most 64 messages of 64 KiB. Answers: memory that is taken before the signature
 * is checked.
 */
const MAX_BYTES = 5 * 1_048_576;

/** The text of a request, or null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if ((bytes += part.length) > MAX_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** The status of the answer. After any other than 2xx the same frames are posted again. */
async function receive(request: IncomingMessage): Promise<number> {
  try {
    const body = await bodyOf(request);
    if (body === null) return 413;
    if (!isSigned(request.headers, body)) return 401;
    await handle(JSON.parse(body) as Post);
    return 204;
  } catch (error) {
    // Also a client that has disconnected: nobody reads the answer.
    console.error(error);
    return 500;
  }
}

const server = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end());
});
server.listen(Number(PORT), "localhost", () => console.log(`http://localhost:${PORT}`));
