// Who uses this page: the mode of the server, the user of this browser, and their open mailbox, also before the server
// has answered. It draws nothing.
import { useEffect, useMemo, useState } from "preact/hooks";
import { connect, type Entrance, entranceOf, type Restante, signedInAs } from "../client/connect.ts";
import { type App, go } from "./app-state.ts";
import { forgetNotices } from "./notices.tsx";
import { keepLast, lastHere } from "./shell.ts";
import type { CloseReason } from "./close-sentence.ts";
import { forgetCode } from "./unsaved-code.ts";
import type { Entered } from "./use-sign-in.ts";

/** The code of a client that another tab of this browser has ended. */
const SIGNED_OUT_HERE = 1000;

type EntranceState = Entrance | "unreachable" | null;

export interface Session {
  /** Null until the server has answered. */
  readonly entrance: EntranceState;
  readonly user: Entered | null;
  /** The mailbox of `user`, and how it ends; null until it is open. */
  readonly opened: Pick<App, "me" | "auth" | "leave" | "turnedOut"> | null;
  /** Why the server has ended a connection, where the user has to sign in again. */
  readonly reason: CloseReason | null;
  enter(user: Entered): void;
  /** Asks the server again. */
  retry(): void;
}

export function useSession(): Session {
  const [entrance, setEntrance] = useState<EntranceState>(null);
  const [user, setUser] = useState<Entered | null>(null);
  const [reason, setReason] = useState<CloseReason | null>(null);
  const find = () => void findUser(setEntrance, setUser);
  useEffect(find, []);

  useEffect(() => {
    if (user === null || user.token !== undefined || entrance === null || entrance === "unreachable") return;
    keepLast({ entrance, userName: user.userName });
  }, [user, entrance]);

  const me = useMailboxOf(user);
  const opened = useMemo(() => {
    if (me === null || entrance === null || entrance === "unreachable") return null;
    const { auth } = entrance;
    return {
      me,
      auth,
      leave: () => {
        keepLast(null);
        forgetNotices(me.user);
        forgetCode();
        go(null);
        void me.close({ forget: true }).then(() => setUser(null));
      },
      turnedOut: async (forget: boolean) => {
        const now = auth === "accounts" ? await signedInAs(location.origin) : null;
        const { value: state } = me.connection;
        // Another tab may have signed out, and in again.
        const byTab = state.is === "stopped" && state.code === SIGNED_OUT_HERE;
        if (now === me.user && !byTab) return;
        keepLast(null);
        forgetCode();
        setReason(state.is === "stopped" ? state : null);
        if (forget && now === null) forgetNotices(me.user);
        await me.close({ forget: forget && now === null });
        setUser(now === null ? null : { userName: now });
      },
    };
  }, [me, entrance]);
  return { entrance, user, opened, reason, enter: setUser, retry: find };
}

/** The last user of this page is shown at once, also without a network; the server's answer comes after it. */
async function findUser(
  setEntrance: (entrance: EntranceState) => void,
  setUser: (user: Entered | null) => void,
): Promise<void> {
  const last = lastHere();
  if (last !== null) {
    setEntrance(last.entrance);
    setUser({ userName: last.userName });
  }
  try {
    const found = await entranceOf(location.origin);
    setEntrance(found);
    if (last !== null && found.auth === last.entrance.auth) return;
    const userName = found.auth === "accounts" ? await signedInAs(location.origin) : null;
    setUser(userName === null ? null : { userName });
  } catch {
    if (last === null) setEntrance("unreachable");
  }
}

/** The open mailbox of a user; it is closed when another user comes. */
function useMailboxOf(user: Entered | null): Restante | null {
  const [me, setMe] = useState<Restante | null>(null);
  useEffect(() => {
    if (user === null) return setMe(null);
    const opened = connect({ url: location.origin, ...user });
    setMe(opened);
    return () => void opened.close();
  }, [user]);
  return me;
}
