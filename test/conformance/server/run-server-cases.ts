// Plays all cases against a deployment, one after the other, and reports which rules hold. It says what it will do
// before it does it, and refuses a server that is not on this machine unless its owner is named.
import { bodies } from "./cases/bodies.ts";
import { closing } from "./cases/closing.ts";
import { connecting } from "./cases/connecting.ts";
import { flow } from "./cases/flow.ts";
import { frames } from "./cases/frames.ts";
import { http } from "./cases/http.ts";
import { ids } from "./cases/ids.ts";
import { names } from "./cases/names.ts";
import { people } from "./cases/people.ts";
import { plain } from "./cases/plain.ts";
import { receipts } from "./cases/receipts.ts";
import { resuming } from "./cases/resuming.ts";
import { runs } from "./cases/runs.ts";
import { signals } from "./cases/signals.ts";
import { transcripts } from "./cases/transcripts.ts";
import { rulesOf, type ServerCase } from "./case.ts";
import type { CaseResult, Report } from "./report.ts";
import { Target, type User } from "./target.ts";
import { World } from "./world.ts";
import { LeftOut } from "./verdict.ts";

export const SERVER_CASES: readonly ServerCase[] = [
  ...transcripts,
  ...connecting,
  ...names,
  ...frames,
  ...ids,
  ...bodies,
  ...runs,
  ...receipts,
  ...people,
  ...signals,
  ...resuming,
  ...closing,
  ...flow,
  ...plain,
  ...http,
];

export interface ServerOptions {
  /** Users with tokens, where the suite can claim no names; they are not erased. */
  readonly users?: readonly User[];
  /** Also what takes minutes under the default limits. */
  readonly isLong?: boolean;
  /** Whether somebody answers for a test of a server that is not on this machine. */
  readonly isMine?: boolean;
  /** Only cases whose title has this text. */
  readonly only?: string;
  print(line: string): void;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** A case that takes longer is broken, ms. */
const CASE_MS = 60_000;
const LONG_CASE_MS = 1_200_000;

/** Plays the client's side against the server at `url`. Rejects where nothing can be played at all. */
export async function runServerCases(url: string, options: ServerOptions): Promise<Report> {
  const { users = [], isLong = false, isMine = false, only = "", print } = options;
  if (!LOOPBACK.test(new URL(url).hostname) && !isMine)
    throw new Error(`${url} is not on this machine. Test only servers that you operate: --i-operate-this-server`);
  const target = await Target.find(url, users, print);
  const cases = SERVER_CASES.filter(({ title }) => title.includes(only));
  announce(target, cases.length, isLong);
  const world = new World(target, isLong);
  const results: CaseResult[] = [];
  try {
    for (const one of cases) results.push(await playCase(one, world));
  } finally {
    if (target.made > 0) print(`Erasing the ${target.made} users of this run.`);
    await target.erase();
  }
  return { results };
}

function announce(target: Target, count: number, isLong: boolean): void {
  const { auth, registration, canMakeUsers, given } = target;
  target.print(`${target.url}: AUTH=${auth}${auth === "accounts" ? `, registration ${registration}` : ""}`);
  target.print(
    `Plays ${count} cases, one after the other: at most 20 connections, ` +
      `${isLong ? "about 9,000" : "a few hundred"} messages (9,000 where RATE_LIMIT is off), none larger than 65,536 bytes.`,
  );
  if (canMakeUsers) target.print("Makes about 30 users with random names, and erases these at the end.");
  else
    target.print(`Uses ${given.map(({ name }) => name).join(", ") || "no user"}: writes to them, and erases nothing.`);
}

async function playCase(one: ServerCase, world: World): Promise<CaseResult> {
  const { title } = one;
  const rules = rulesOf(title);
  const began = Date.now();
  const result = (verdict: CaseResult["verdict"], why?: string): CaseResult => ({
    title,
    rules,
    verdict,
    ...(why !== undefined && { why }),
    ms: Date.now() - began,
  });
  const clock = deadline(world.isLong ? LONG_CASE_MS : CASE_MS);
  try {
    await Promise.race([one.play(world), clock.passed]);
    return result("holds");
  } catch (error) {
    if (error instanceof LeftOut) return result("left out", error.message);
    return result("broken", error instanceof Error ? error.message : String(error));
  } finally {
    clock.stop();
    world.closeAll();
  }
}

function deadline(ms: number): { readonly passed: Promise<never>; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no end after ${ms / 1_000} s`)), ms);
  });
  return { passed, stop: () => clearTimeout(timer) };
}
