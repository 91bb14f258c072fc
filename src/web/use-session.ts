// Who uses this page: the mode of the server, the user of this browser, and their open mailbox, also before the server
// has answered. It draws nothing.
import { type Dispatch, type StateUpdater, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { connect, type Entrance, entranceOf, type Restante, signedInAs } from "../client/connect.ts";
import { leaveAddress } from "./address.ts";
import type { App } from "./app-state.ts";
import { forgetUser } from "./browser-storage.ts";
import { closeNotifications } from "./notifications.ts";
import { keepLast, lastHere } from "./shell.ts";
import { forgetCode } from "./unsaved-code.ts";
import { beginSignOut, cancelSignOut, finishSignOut, pendingSignOut } from "./sign-out.tsx";
import type { CloseReason } from "./close-sentence.ts";
import type { Entered } from "./use-sign-in.ts";

/** The close code of a user who has no access any more. */
const FORBIDDEN = 4403;
/** Without accounts the data stays after every other end: the same user may come back, and messages may wait. */
const REMOVES_DATA: ReadonlySet<string | undefined> = new Set(["signed_out", "erased"]);

type EntranceState = Entrance | "unreachable" | null;

export interface Session {
  /** Null until the server has answered. */
  readonly entrance: EntranceState;
  readonly user: Entered | null;
  /** The mailbox of `user`, and how it ends; null until it is open. */
  readonly opened: Pick<App, "me" | "auth" | "leave" | "signOut" | "sessionEnded"> | null;
  /** Why the server has ended a connection, where the user has to sign in again. */
  readonly reason: CloseReason | null;
  /** What was entered last, until they have left: a token is long to enter once more, where the server refuses it. */
  readonly before: Entered | null;
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
  const [isSigningOut, setIsSigningOut] = useState(() => pendingSignOut() !== null);
  const before = useRef<Entered | null>(null);
  const find = () => {
    const leaving = pendingSignOut();
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
      setIsSigningOut(pendingSignOut() !== null);
    };
    const leave = async () => {
      await forget(me);
      // Neither is the next user's.
      setReason(null);
      before.current = null;
      show(null);
    };
    const sessionEnded = () => endSession(me, auth, setReason, show);
    return { me, auth, leave, signOut: () => signOutOf(me, auth, leave), sessionEnded };
  }, [me, entrance]);
  const enter = (entered: Entered) => {
    before.current = entered;
    setReason(null);
    setUser(entered);
  };
  return { entrance, user, opened, reason, before: before.current, isSigningOut, enter, retry: find };
}

async function signOutOf(me: Restante, auth: string, leave: () => Promise<void>): Promise<boolean> {
  if (auth === "accounts") {
    const isRemembered = beginSignOut(me.user);
    if (!(await finishSignOut()) && !isRemembered) {
      cancelSignOut();
      return false;
    }
  }
  await leave();
  return true;
}

/** The server has ended the connection, or another tab has signed out: shows who uses this browser now. */
async function endSession(
  me: Restante,
  auth: string,
  setReason: (reason: CloseReason | null) => void,
  show: (user: string | null) => void,
): Promise<void> {
  const { value: state } = me.connection;
  if (state.is !== "stopped") return;
  // Another tab may have signed out, and in again.
  const byTab = state.reason === "signed_out" && state.code !== FORBIDDEN;
  const now = await userNow(auth, byTab);
  if (now === me.user && !byTab) return;
  setReason(state);
  // The other tab has removed the data. Messages that wait stay where somebody else has signed in, or a token expired.
  const removesData = !byTab && now === null && (auth === "accounts" || REMOVES_DATA.has(state.reason));
  await (removesData ? forget(me) : close(me));
  show(now);
}

/** The user of this browser now. Rejects without an answer of the server, but where another tab has signed out. */
async function userNow(auth: string, byTab: boolean): Promise<string | null> {
  if (auth !== "accounts" || pendingSignOut() !== null) return null;
  try {
    return await signedInAs(location.origin);
  } catch (error) {
    if (byTab) return null;
    throw error;
  }
}

/** Removes all data of this user from the browser. */
async function forget(me: Restante): Promise<void> {
  await close(me, true);
  // Last: what had not been sent may be written until then.
  forgetUser(me.user);
}

/** Nothing of this user is visible then, nor leads back to them. */
async function close(me: Restante, isForgotten = false): Promise<void> {
  keepLast(null);
  forgetCode();
  leaveAddress();
  await Promise.all([me.close({ forget: isForgotten }), closeNotifications(me.user)]);
}

/** The last user of this page is shown at once, also without a network; the server's answer comes after it. */
async function findUser(
  setEntrance: Dispatch<StateUpdater<EntranceState>>,
  setUser: Dispatch<StateUpdater<Entered | null>>,
): Promise<void> {
  const last = lastHere();
  const shown = last && { userName: last.userName };
  if (last !== null) {
    setEntrance(last.entrance);
    setUser(shown);
  }
  try {
    const found = await entranceOf(location.origin);
    const isLast = last !== null && found.auth === last.entrance.auth;
    const userName = found.auth === "accounts" && !isLast ? await signedInAs(location.origin) : null;
    const known = userName === null ? null : { userName };
    // Together: between them there would be a form for somebody who is signed in.
    setEntrance(found);
    // Somebody may have entered meanwhile.
    if (!isLast) setUser((now) => (now === shown ? known : now));
  } catch {
    setEntrance((now) => now ?? "unreachable");
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
