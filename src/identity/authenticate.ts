// The middleware of every route that takes a token: the caller is identified before the body is read. For a small body
// the token's form and mark are enough; before a large one is read, the mailbox has confirmed the token.
import { UNCONFIRMED_BODY_BYTES } from "../protocol/limits.ts";
import type { Scope } from "../protocol/service.ts";
import { requestTokenOf, confirmToken, settleByStatus, settleRefusal } from "./request-token.ts";
import { contentLength } from "./request-body.ts";
import { problemResponse } from "./problem-response.ts";
import { identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** Middleware: passes requests whose token may be valid for these scopes; null: for people alone. */
export function authenticate(scopes: readonly Scope[] | null) {
  return async (c: RequestContext, next: () => Promise<void>): Promise<Response | void> => {
    const caller = await identifyCaller(c, null, scopes ?? undefined);
    if ("refused" in caller) return problemResponse(caller.refused);
    if (isLarge(c.req.raw) && requestTokenOf(c)?.isConfirmed === false) {
      const answer = await c.env.MAILBOX.getByName(caller.name).account(caller);
      if ("refused" in answer) return problemResponse(await settleRefusal(c, answer.refused));
      confirmToken(c);
    }
    await next();
    settleByStatus(c, c.res.status);
  };
}

/** Whether the body is larger than an unconfirmed caller may send. A body without Content-Length counts as large. */
function isLarge(request: Request): boolean {
  return request.body !== null && (contentLength(request) ?? Infinity) > UNCONFIRMED_BODY_BYTES;
}
