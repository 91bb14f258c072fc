// The health checks. Alive: the Worker responds. Ready: users are admitted, an object and its disk respond, and mailboxes
// commit. They wake no mailbox: the object is a random shard of the census.
import { CENSUS_SHARDS } from "../protocol/census.ts";
import { brokenMailboxes } from "../protocol/broken-mailboxes.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { RELEASE } from "../protocol/release.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { STORAGE_FORMAT } from "../protocol/storage-format.ts";
import { authModeOf } from "../identity/auth-mode.ts";
import { requestField } from "../identity/request-id.ts";
import { backgroundOf, type RequestContext } from "../identity/request-context.ts";

/** The timeout of the object's response, ms. */
const TIMEOUT_MS = 5_000;

/** How long an isolate caches the object's response, ms. Answers: anonymous requests that each wake an object. */
const CACHE_MS = 1_000;

interface ObjectCheck {
  readonly works: boolean;
  readonly ms: number;
}

/**
 * Why a server is not ready. `configuration`: its variables admit nobody. `object`: an object or its disk does not
 * respond. `mailboxes`: those of several users broke in the last minute, and none has committed since. `disk`: a
 * self-hosted server has too little free disk, and its runtime does not run; so this code never says it.
 */
export const FAULTS = ["configuration", "object", "mailboxes", "disk"] as const;
type Fault = (typeof FAULTS)[number];

/** The object's response cached in this isolate: one value. */
const objectCache = new CachedValue<ObjectCheck>(() => CACHE_MS, 2 * TIMEOUT_MS);

const NO_STORE = { "Cache-Control": "no-store" };
const VERSIONS = { version: RELEASE, storage: STORAGE_FORMAT.writes };

/** Alive: 200 whenever the Worker runs. A restart helps a server that does not answer it. */
export function live(c: RequestContext): Response {
  return c.json({ status: "alive", ...VERSIONS }, 200, NO_STORE);
}

/** Ready: 200 with `"status":"ok"`, or 503 with `"status":"failing"` and what fails. */
export async function health(c: RequestContext): Promise<Response> {
  const isLimited = c.env.RATE_LIMIT !== "off";
  const check = () => checkObject(c);
  const { works, ms } = await (isLimited ? objectCache.get(check, backgroundOf(c)) : check());
  const isFailing: Readonly<Record<Fault, boolean>> = {
    configuration: authModeOf(c.env) === null,
    object: !works,
    mailboxes: brokenMailboxes.areSeveral(),
    disk: false,
  };
  const failing = FAULTS.filter((fault) => isFailing[fault]);
  const status = failing.length === 0 ? "ok" : "failing";
  return c.json({ status, failing, ...VERSIONS, object: { ms } }, failing.length === 0 ? 200 : 503, NO_STORE);
}

async function checkObject(c: RequestContext): Promise<ObjectCheck> {
  const shard = String(Math.floor(Math.random() * CENSUS_SHARDS));
  const startedAt = Date.now();
  try {
    await withTimeout(c.env.CENSUS.getByName(shard).ping(), TIMEOUT_MS);
    return { works: true, ms: Date.now() - startedAt };
  } catch (error) {
    logEvent("health_failed", { shard, reason: reasonOf(error), ...requestField(c) });
    return { works: false, ms: Date.now() - startedAt };
  }
}
