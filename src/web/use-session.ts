// Who uses this page: the mode of the server, the user of this browser, and their open mailbox, also before the server
// has answered. It draws nothing.
import { useEffect, useMemo, useState } from "preact/hooks";
import { connect, type Entrance, entranceOf, type Restante, signedInAs } from "../client/connect.ts";
import { leaveAddress } from "./address.ts";
import type { App } from "./app-state.ts";
import { forgetUser } from "./browser-storage.ts";
import { closeNotifications } from "./notifications.ts";
import { keepLast, lastHere } from "./shell.ts";
import { forgetCode } from "./unsaved-code.ts";
import { grantWish, signingOut, wishToSignOut, withdrawWish } from "./sign-out.tsx";
import type { CloseReason } from "./close-sentence.ts";
import type { Entered } from "./use-sign-in.ts";

/** The code of a client that another tab of this browser has ended. */
const SIGNED_OUT_HERE = 1000;

type EntranceState = Entrance | "unreachable" | null;

export interface Session {
  /** Null until the server has answered. */
  readonly entrance: EntranceState;
  readonly user: Entered | null;
  /** The mailbox of `user`, and how it ends; null until it is open. */
  readonly opened: Pick<App, "me" | "auth" | "leave" | "signOut" | "turnedOut"> | null;
  /** Why the server has ended a connection, where the user has to sign in again. */
  readonly reason: CloseReason | null;
  /** A user has signed out without an answer of the server. */
  readonly isSigningOut: boolean;
  enter(user: Entered): void;
  /** Asks the server again. */
  retry(): void;
}

export function useSession(): Session {
  const [entrance, setEntrance] = useState<EntranceState>(null);
  const [user, setUser] = useState<Entered | null>(null);
  const [reason, setReason] = useState<CloseReason | null>(null);
  const [isSigningOut, setIsSigningOut] = useState(() => signingOut() !== null);
  const find = () => {
    const leaving = signingOut();
    setIsSigningOut(leaving !== null);
    if (leaving === null) void findUser(setEntrance, setUser);
    // The page may have been closed before it had removed everything.
    else void forget(connect({ url: location.origin, userName: leaving }));
  };
  useEffect(find, []);

  useEffect(() => {
    if (user === null || user.token !== undefined || entrance === null || entrance === "unreachable") return;
    keepLast({ entrance, userName: user.userName });
  }, [user, entrance]);

  const me = useMailboxOf(user);
  const opened = useMemo(() => {
    if (me === null || entrance === null || entrance === "unreachable") return null;
    const { auth } = entrance;
    const show = (now: string | null) => {
      setUser(now === null ? null : { userName: now });
      setIsSigningOut(signingOut() !== null);
    };
    const leave = () => forget(me).then(() => show(null));
    const turnedOut = (isFinal: boolean) => turnOut(me, auth, isFinal, setReason, show);
    return { me, auth, leave, signOut: () => signOutOf(me, auth, leave), turnedOut };
  }, [me, entrance]);
  return { entrance, user, opened, reason, isSigningOut, enter: setUser, retry: find };
}

async function signOutOf(me: Restante, auth: string, leave: () => Promise<void>): Promise<boolean> {
  if (auth === "accounts") {
    const isRemembered = wishToSignOut(me.user);
    if (!(await grantWish()) && !isRemembered) {
      withdrawWish();
      return false;
    }
  }
  await leave();
  return true;
}

/** The server has ended the connection, for good if `isFinal`; or another tab has signed out. */
async function turnOut(
  me: Restante,
  auth: string,
  isFinal: boolean,
  setReason: (reason: CloseReason | null) => void,
  show: (user: string | null) => void,
): Promise<void> {
  const { value: state } = me.connection;
  // Another tab may have signed out, and in again.
  const byTab = state.is === "stopped" && state.code === SIGNED_OUT_HERE;
  const now = await userNow(auth, byTab);
  if (now === me.user && !byTab) return;
  setReason(state.is === "stopped" ? state : null);
  // The other tab has removed the data.
  if (isFinal && !byTab) await forget(me);
  else await me.close();
  if (byTab) leaveAddress();
  show(now);
}

/** The user of this browser now. Rejects without an answer of the server, but where another tab has signed out. */
async function userNow(auth: string, byTab: boolean): Promise<string | null> {
  if (auth !== "accounts" || signingOut() !== null) return null;
  try {
    return await signedInAs(location.origin);
  } catch (error) {
    if (byTab) return null;
    throw error;
  }
}

/** Removes all data of this user from the browser. */
async function forget(me: Restante): Promise<void> {
  keepLast(null);
  leaveAddress();
  await Promise.all([me.close({ forget: true }), closeNotifications(me.user)]);
  // Last: what had not been sent may be written until then.
  forgetUser(me.user);
  forgetCode();
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
