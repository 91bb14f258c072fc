// A fresh token on an open connection: the connection continues under the expiry of that token.
import { writeFrame } from "../../protocol/down.ts";
import type { CodeIn } from "../../protocol/refusals.ts";
import type { Caller } from "../../protocol/caller.ts";
import { checkAccess } from "../access/check-token.ts";
import type { MailboxContext } from "../instance/context.ts";
import { grantOf } from "./connect.ts";
import { closeWithCode } from "./disconnect.ts";
import type { Session } from "./sockets.ts";

/**
 * Takes a token that arrived on a connection, or ends the connection: a client that presents a wrong token is somebody
 * else.
 */
export async function renewToken(context: MailboxContext, session: Session, token: string): Promise<void> {
  const anybody = context.config.mode === "open" ? ({ name: context.user, proof: { is: "none" } } as const) : null;
  const caller = (await context.identify(token)) ?? anybody;
  context.groupCommit.runNow(() => {
    if (session.status === "closed") return;
    const code = codeAgainst(context, caller);
    if (caller === null || code !== null) return closeWithCode(context, session, code ?? "unauthorized");
    const { token: id, expires } = grantOf(context, caller.proof);
    context.sockets.regrant(session, { token: id, expires });
    session.output.queueFrame(writeFrame({ type: "token", ...(expires !== null && { expires }) }));
  });
}

/** Why a connection with this token has to end, or null. */
function codeAgainst(context: MailboxContext, caller: Caller | null): CodeIn<"closing"> | null {
  if (caller === null) return "unauthorized";
  if (caller.name !== context.user) return "forbidden";
  return checkAccess(context, caller.proof) === null ? null : "unauthorized";
}
