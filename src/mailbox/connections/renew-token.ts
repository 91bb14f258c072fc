// A fresh token on an open socket: the connection goes on, under the new one's expiry.
import { write } from "../../protocol/down.ts";
import { checkAccess } from "../access/account.ts";
import type { MailboxContext } from "../context.ts";
import { closeWithCode } from "./disconnect.ts";
import { grantOf } from "./connect.ts";
import type { Session } from "./sockets.ts";

/** Takes a token that arrived on a socket, or ends the connection: whoever presents a wrong one is not who they were. */
export async function renewToken(context: MailboxContext, session: Session, token: string): Promise<void> {
  const anybody = context.config.mode === "open" ? ({ name: context.user, proof: { is: "none" } } as const) : null;
  const visitor = (await context.identify(token)) ?? anybody;
  context.groupCommit.runNow(() => {
    if (context.sockets.of(session.ws) !== session) return;
    if (visitor === null) closeWithCode(context, session, "unauthorized");
    else if (visitor.name !== context.user) closeWithCode(context, session, "forbidden");
    else if (checkAccess(context, visitor.proof) !== null) closeWithCode(context, session, "unauthorized");
    else {
      const { token: id, expires } = grantOf(context, visitor.proof);
      context.sockets.regrant(session, { token: id, expires });
      context.sockets.queueFrame(session, write({ type: "token", ...(expires !== null && { expires }) }));
    }
  });
}
