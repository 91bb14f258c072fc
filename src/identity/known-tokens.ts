// The last verdicts of mailboxes on tokens, by hash, in this isolate. A token that was valid reserves no attempt; one
// that was refused does, even if it has this deployment's mark.

/** Hashes remembered of each kind; the oldest is evicted. Answers: tokens that fill memory. */
const MAX_TOKENS = 10_000;
/**
 * How long each use of a refused token counts as an attempt. Answers: a revoked token that wakes its mailbox without
 * limit.
 */
const REFUSED_MS = 600_000;

export type TokenVerdict = "good" | "refused";

/** The verdicts of this isolate. Bounded: at most MAX_TOKENS hashes of each kind. */
const verdicts = {
  good: new Set<string>(),
  /** When the verdict expires, by hash; ms since 1970. */
  refused: new Map<string, number>(),
};

/** The mailbox's last verdict on the token of this hash, or null. */
export function knownVerdict(hash: string, now = Date.now()): TokenVerdict | null {
  if (verdicts.good.has(hash)) return "good";
  return (verdicts.refused.get(hash) ?? 0) > now ? "refused" : null;
}

export function rememberVerdict(hash: string, verdict: TokenVerdict, now = Date.now()): void {
  if (verdict === "good") {
    if (verdicts.good.has(hash)) return;
    verdicts.refused.delete(hash);
    evict(verdicts.good);
    verdicts.good.add(hash);
  } else {
    verdicts.good.delete(hash);
    verdicts.refused.delete(hash);
    evict(verdicts.refused);
    verdicts.refused.set(hash, now + REFUSED_MS);
  }
}

function evict(from: Set<string> | Map<string, number>): void {
  if (from.size < MAX_TOKENS) return;
  const [first] = from.keys();
  if (first !== undefined) from.delete(first);
}
