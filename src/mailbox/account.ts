// Who may come in: this mailbox is the authority over its own name. Claiming, signing in with a code, signing out. To be done in a
// group, all of it.
import type { NewToken } from "../protocol/account.ts";
import { LINK_MS, LINK_TRIES, RECOVERY_TRIES, SIGNED_IN, UNREAD_BYTES } from "../protocol/limits.ts";
import { type Code, type Refusal, refusal } from "../protocol/refusals.ts";
import type { Answer, Proof, SignedInDevice } from "../protocol/visitor.ts";
import type { Box } from "./box.ts";
import { randomText } from "./challenge.ts";
import { isSame, type Token } from "./log/account-rows.ts";
import { isEnded, isService, objectionToService } from "./service.ts";
import type { Session } from "./sockets.ts";

const HOUR = 3_600_000;
/** A token's `seen` is written when it is so much older. Answers: a row for every request. */
const SEEN_MS = HOUR;

/** When wrong recovery codes came. In memory alone: 125 bits need no more, and a wrong guess must cost no row. */
const wrongCodes = new WeakMap<Box, number[]>();

/** Why whoever brings this may not come in, or null. */
export function objectionTo(box: Box, proof: Proof): Refusal | null {
  if (box.log.erased) return refusal("erased");
  // Nobody's mailbox stays nobody's, whatever an operator mistypes.
  if (proof.is === "operator") return box.log.life === null ? refusal("unknown_receiver") : null;
  const no = objectionToProof(box, proof);
  // Only who could come in otherwise is told why they can't.
  return no === null && box.suspension.now !== null ? refusal("suspended") : no;
}

function objectionToProof(box: Box, proof: Exclude<Proof, { readonly is: "operator" }>): Refusal | null {
  if (proof.is === "service") return objectionToService(box, proof.hash, proof.needs);
  if (isService(box)) return refusal("forbidden", "it is a service's mailbox");
  return mayCome(box, proof) ? null : refusal("unauthorized");
}

/** Why nothing more is taken from a socket or given to it, or null: its token has expired, its device was signed out, it floods, or it does not read. */
export function isOver(box: Box, { expires, token, isFlooding, unread }: Session): Code | null {
  if (isFlooding) return "rate_limited";
  if (unread > UNREAD_BYTES) return "unread";
  if (box.suspension.now !== null) return "suspended";
  if (expires !== null && expires <= Date.now()) return "unauthorized";
  return token === null || box.log.account.knows(token) ? null : "forbidden";
}

/** The token that was brought, if it is one of ours; and now and then its row says that it was seen. */
export function holder(box: Box, proof: Proof): Token | null {
  if (proof.is !== "token") return null;
  const token = box.log.account.token(proof.hash);
  const now = Date.now();
  if (token !== null && now - token.seen > SEEN_MS) box.log.account.saw(token, now);
  return token;
}

/** Whether letters can be put into this mailbox: in `accounts` mode somebody must have claimed it. */
export function isSomebody(box: Box): boolean {
  if (box.log.erased || isEnded(box)) return false;
  if (isService(box)) return true;
  return box.rules.mode !== "accounts" || box.log.account.account !== null;
}

/** Whose mailbox this is, and since when; null where nobody had to claim it. */
export function account(box: Box): { readonly userName: string; readonly created: number | null } {
  return { userName: box.user, created: box.log.account.account?.created ?? null };
}

/** Claims the name for whoever comes first. A mailbox that was in use before there were accounts is nobody's to claim. */
export function claim(
  box: Box,
  { token, recovery }: { readonly token: NewToken; readonly recovery: string },
): Answer<{ readonly id: string }> {
  if (box.log.life !== null || box.log.erased) return { refused: refusal("name_taken") };
  box.log.found(box.user);
  box.log.account.claim(recovery, randomText(), Date.now());
  return { value: admit(box, token) };
}

/** Signs a device in with the recovery code, and puts the next one in its place. */
export function recover(box: Box, hash: string, next: string, token: NewToken): Answer<{ readonly id: string }> {
  const { account } = box.log.account;
  const now = Date.now();
  const wrong = (wrongCodes.get(box) ?? []).filter((at) => now - at < HOUR);
  const oldest = wrong[0];
  if (wrong.length >= RECOVERY_TRIES && oldest !== undefined) return tooMany(oldest + HOUR - now);
  if (account === null || !isSame(account.recovery, hash)) {
    wrongCodes.set(box, [...wrong, now]);
    return { refused: refusal("unauthorized", "the name or the code is wrong") };
  }
  box.log.account.change({ recovery: next });
  return { value: admit(box, token) };
}

/** Puts another recovery code in the place of the old one. */
export function recoveryCode(box: Box, recovery: string): null {
  box.log.account.change({ recovery });
  return null;
}

/** Opens a link code in place of the last one. Returns until when it is good, ms since 1970. */
export function linkCode(box: Box, hash: string): number {
  const linkEnds = Date.now() + LINK_MS;
  box.log.account.change({ link: hash, linkEnds, linkTries: 0 });
  return linkEnds;
}

/** Signs a device in with the open link code, which is used up then. Wrong ones end it. */
export function link(box: Box, hash: string, token: NewToken): Answer<{ readonly id: string }> {
  const { account } = box.log.account;
  const wrong = { refused: refusal("unauthorized", "the name or the code is wrong") };
  if (account === null || account.link === null || account.linkEnds <= Date.now()) return wrong;
  if (!isSame(account.link, hash)) {
    const linkTries = account.linkTries + 1;
    box.log.account.change({ linkTries, link: linkTries < LINK_TRIES ? account.link : null });
    return wrong;
  }
  box.log.account.change({ link: null });
  return { value: admit(box, token) };
}

/** The signed-in devices, the latest first. */
export function devices(box: Box, proof: Proof): readonly SignedInDevice[] {
  const current = holder(box, proof);
  const online = new Set([...box.sockets.all()].map(({ token }) => token));
  return box.log.account.tokens().map((token) => {
    const { label, created, seen } = token;
    const id = idOf(token);
    return { id, label, created, seen, online: online.has(id), current: token === current };
  });
}

/** Takes a device's token away, by its id, or the asker's own for null; its sockets are closed with the group. */
export function signOut(box: Box, proof: Proof, id: string | null): Answer<null> {
  const own = holder(box, proof);
  const token = id === null ? own : box.log.account.tokens().find((one) => idOf(one) === id);
  if (token === null || token === undefined) return { refused: refusal("not_found", "there is no such device") };
  box.log.account.remove(token);
  return { value: null };
}

/** What a token is called by everybody who is not to know it. */
export function idOf({ hash }: Token): string {
  return hash.slice(0, 16);
}

function mayCome(box: Box, proof: Exclude<Proof, { readonly is: "service" | "operator" }>): boolean {
  switch (proof.is) {
    case "none":
      return box.rules.mode === "open";
    case "token":
      return box.rules.mode === "accounts" && holder(box, proof) !== null;
    case "jwt":
      return box.rules.mode === "jwt" && proof.expires > Date.now();
    default:
      return proof satisfies never;
  }
}

/** From now on this token opens the mailbox. */
export function admit(box: Box, { hash, label }: NewToken): { readonly id: string } {
  const now = Date.now();
  const token = { hash, label, created: now, seen: now };
  const known = box.log.account.tokens();
  const oldest = known.at(-1);
  if (known.length >= SIGNED_IN && oldest !== undefined) box.log.account.remove(oldest);
  box.log.account.add(token);
  return { id: idOf(token) };
}

function tooMany(retryAfter: number): { readonly refused: Refusal } {
  return { refused: { ...refusal("rate_limited"), retryAfter } };
}
