// Questions over HTTP: read the body, find out who asks, ask their own mailbox, answer with what it says as JSON.
import { note } from "../protocol/journal.ts";
import { exceeds } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Scope } from "../protocol/service.ts";
import type { Answer, Visitor } from "../protocol/visitor.ts";
import { attempt, vouch } from "./attempts.ts";
import { problem } from "./refuse.ts";
import { type Asking, whoAsks } from "./who.ts";

export type Box = ReturnType<Env["MAILBOX"]["getByName"]>;

/** Asks the mailbox of whoever asks; answers with the value as JSON (a text is JSON already), or 204 for none. */
export async function ask(
  c: Asking,
  question: (mailbox: Box, visitor: Visitor) => Promise<Answer<unknown> | { readonly refused: Refusal }>,
  status: 200 | 201 = 200,
  needs?: readonly Scope[],
): Promise<Response> {
  const visitor = await whoAsks(c, null, needs);
  if ("refused" in visitor) return problem(visitor.refused);
  const answer = await question(c.env.MAILBOX.getByName(visitor.name), visitor);
  if ("refused" in answer) return refusedBy(c, answer.refused);
  vouch(visitor.proof);
  return answered(c, answer.value, status);
}

/** The value as JSON, never to be kept by anybody on the way. */
export function answered(c: Asking, value: unknown, status: 200 | 201 = 200): Response {
  if (value === null || value === undefined) return c.body(null, 204);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return c.body(text, status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
}

/** A mailbox said no. */
export async function refusedBy(c: Asking, why: Refusal): Promise<Response> {
  return problem(await counted(c, why));
}

/** A token that its mailbox does not know counts as an attempt, and there may have been too many. */
export async function counted(c: Asking, why: Refusal): Promise<Refusal> {
  return why.code === "unauthorized" ? ((await attempt(c.req.raw, c.env)) ?? why) : why;
}

/** Lets a request through whose body is not larger than this many bytes; what comes behind finds it read, as JSON whatever it is called. */
export function bounded(bytes: number) {
  return async (c: Asking, next: () => Promise<void>): Promise<Response | void> => {
    const body = await textOf(c.req.raw, bytes);
    if (body === null) return problem(refusal("too_large", `a body has at most ${bytes} bytes`));
    const headers = new Headers(c.req.raw.headers);
    headers.set("Content-Type", "application/json");
    c.req.raw = new Request(c.req.raw.url, { method: c.req.raw.method, headers, body });
    return next();
  };
}

/** The body as text, if it is not larger than that; what goes beyond is not read. */
async function textOf(request: Request, bytes: number): Promise<string | null> {
  if (Number(request.headers.get("Content-Length") ?? 0) > bytes) return null;
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of request.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (exceeds(text, bytes)) return null;
    }
  } catch (error) {
    note("body_lost", { reason: String(error) });
  }
  return text + decoder.decode();
}
