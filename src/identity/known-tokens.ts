// What mailboxes have said of tokens, by their hashes, in this isolate. A token that was good needs no attempt; one that was refused does,
// also where it carries our mark.

/** Hashes of each kind that are remembered; the one that was put first goes. Answers: tokens that fill memory. */
const MAX_TOKENS = 10_000;
/** For how long a refused token needs an attempt each time. Answers: a revoked token that wakes its mailbox without a limit. */
const REFUSED_MS = 600_000;

export type TokenVerdict = "good" | "refused";

const good = new Set<string>();
/** Until when, by hash. */
const refused = new Map<string, number>();

/** What its mailbox said of the token of this hash the last time. */
export function knownVerdict(hash: string, now = Date.now()): TokenVerdict | null {
  if (good.has(hash)) return "good";
  return (refused.get(hash) ?? 0) > now ? "refused" : null;
}

export function rememberVerdict(hash: string, verdict: TokenVerdict, now = Date.now()): void {
  if (verdict === "good") {
    if (good.has(hash)) return;
    refused.delete(hash);
    evict(good);
    good.add(hash);
  } else {
    good.delete(hash);
    refused.delete(hash);
    evict(refused);
    refused.set(hash, now + REFUSED_MS);
  }
}

function evict(from: Set<string> | Map<string, number>): void {
  if (from.size < MAX_TOKENS) return;
  const [first] = from.keys();
  if (first !== undefined) from.delete(first);
}
