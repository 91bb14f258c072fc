// A fresh token on an open socket: the connection goes on, under the new one's expiry.
import { write } from "../../protocol/down.ts";
import { objectionTo } from "../access/account.ts";
import type { Box } from "../context.ts";
import { end } from "./disconnect.ts";
import { grantOf } from "./connect.ts";
import type { Session } from "./sockets.ts";

/** Takes a token that arrived on a socket, or ends the connection: whoever presents a wrong one is not who they were. */
export async function renew(box: Box, session: Session, token: string): Promise<void> {
  const anybody = box.rules.mode === "open" ? ({ name: box.user, proof: { is: "none" } } as const) : null;
  const visitor = (await box.who(token)) ?? anybody;
  box.turn.now(() => {
    if (box.sockets.of(session.ws) !== session) return;
    if (visitor === null) end(box, session, "unauthorized");
    else if (visitor.name !== box.user) end(box, session, "forbidden");
    else if (objectionTo(box, visitor.proof) !== null) end(box, session, "unauthorized");
    else {
      const { token: id, expires } = grantOf(box, visitor.proof);
      box.sockets.regrant(session, { token: id, expires });
      box.sockets.say(session, write({ type: "token", ...(expires !== null && { expires }) }));
    }
  });
}
