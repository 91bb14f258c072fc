// What stands before every route that takes a token: it is known who asks before anything of the request is read. The token's form and its
// mark say enough for a small body; before a large one is read, the mailbox has said that the token is good.
import { UNCONFIRMED_BODY_BYTES } from "../protocol/limits.ts";
import type { Scope } from "../protocol/service.ts";
import { requestTokenOf, confirmToken, settleByStatus, settleRefusal } from "./request-token.ts";
import { contentLength } from "./request-body.ts";
import { problem } from "./refuse-upgrade.ts";
import { identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** Lets a request through whose token may be good for this scope. */
export function authenticate(scope: Scope | "people") {
  return async (c: RequestContext, next: () => Promise<void>): Promise<Response | void> => {
    const caller = await identifyCaller(c, null, scope === "people" ? undefined : [scope]);
    if ("refused" in caller) return problem(caller.refused);
    if (isLarge(c.req.raw) && requestTokenOf(c)?.isConfirmed === false) {
      const answer = await c.env.MAILBOX.getByName(caller.name).account(caller);
      if ("refused" in answer) return problem(await settleRefusal(c, answer.refused));
      confirmToken(c);
    }
    await next();
    settleByStatus(c, c.res.status);
  };
}

/** Whether there is more to read than one would for anybody; what does not say how much it is counts as much. */
function isLarge(request: Request): boolean {
  return request.body !== null && (contentLength(request) ?? Infinity) > UNCONFIRMED_BODY_BYTES;
}
