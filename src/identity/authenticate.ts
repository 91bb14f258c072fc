// What stands before every route that takes a token: it is known who asks before anything of the request is read. The token's form and its
// mark say enough for a small body; before a large one is read, the mailbox has said that the token is good.
import { UNCONFIRMED_BODY_BYTES } from "../protocol/limits.ts";
import type { Scope } from "../protocol/service.ts";
import { requestTokenOf, confirm, over, refuted } from "./request-token.ts";
import { lengthOf } from "./request-body.ts";
import { problem } from "./refuse-upgrade.ts";
import { type Asking, identifyCaller } from "./identify-caller.ts";

/** Lets a request through whose token may be good for this scope. */
export function authenticated(scope: Scope | "people") {
  return async (c: Asking, next: () => Promise<void>): Promise<Response | void> => {
    const visitor = await identifyCaller(c, null, scope === "people" ? undefined : [scope]);
    if ("refused" in visitor) return problem(visitor.refused);
    if (isLarge(c.req.raw) && requestTokenOf(c)?.isConfirmed === false) {
      const answer = await c.env.MAILBOX.getByName(visitor.name).account(visitor);
      if ("refused" in answer) return problem(await refuted(c, answer.refused));
      confirm(c);
    }
    await next();
    over(c, c.res.status);
  };
}

/** Whether there is more to read than one would for anybody; what does not say how much it is counts as much. */
function isLarge(request: Request): boolean {
  return request.body !== null && (lengthOf(request) ?? Infinity) > UNCONFIRMED_BODY_BYTES;
}
