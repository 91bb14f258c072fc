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
import type { Outcome } from "../play.ts";
import { Skipped } from "../recording.ts";
import type { ServerCase } from "./case.ts";
import { Target, type User } from "./target.ts";
import { World } from "./world.ts";

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

/** Who is tested how. */
export interface ServerOptions {
  /** Users with tokens, where the suite can claim no names; they are not erased. */
  readonly users?: readonly User[];
  /** Also what takes minutes within the default limits. */
  readonly isLong?: boolean;
  /** Whether the caller operates the server, so may test one that is not on this machine. */
  readonly isOperator?: boolean;
  /** Only cases whose name has this text. */
  readonly only?: string;
  /** A line about what will be done, or what is waited for. */
  readonly print: (line: string) => void;
  /** Ends the run after the present case. */
  readonly stop?: AbortSignal;
  /** Called with each outcome, as it comes. */
  readonly report?: (outcome: Outcome) => void;
}

export interface Report {
  readonly outcomes: readonly Outcome[];
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** A case that takes longer has failed, ms: one may wait for the next minute of an address. */
const CASE_MS = 150_000;
const LONG_CASE_MS = 1_200_000;

/** The cases with `only` in their name, in any case. */
export function serverCasesWith(only: string): ServerCase[] {
  return SERVER_CASES.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
}

/**
 * Plays clients against the server at `url`. Rejects if nothing can be played: no such server, or one of another
 * machine without `isOperator`.
 */
export async function runServerCases(url: string, options: ServerOptions): Promise<Report> {
  const { users = [], isLong = false, isOperator = false, only = "", print, report, stop } = options;
  if (!isOperator && !LOOPBACK.test(new URL(url).hostname))
    throw new Error(`${url} is not on this machine. If you operate it, add --i-operate-this-server`);
  const target = await Target.find(url, users, print);
  const cases = serverCasesWith(only);
  announce(target, cases.length, isLong);
  const world = new World(target, isLong);
  const outcomes: Outcome[] = [];
  try {
    for (const one of cases) {
      if (stop?.aborted === true) break;
      const outcome = await playCase(one, world);
      outcomes.push(outcome);
      report?.(outcome);
    }
  } finally {
    if (target.made > 0) print(`Erases the ${target.made} users that it made.`);
    await target.erase();
  }
  return { outcomes };
}

function announce(target: Target, count: number, isLong: boolean): void {
  const { url, auth, registration, canMakeUsers, given } = target;
  target.print(`${url}: AUTH=${auth}${auth === "accounts" ? `, registration ${registration}` : ""}`);
  target.print(
    `Plays ${count} cases, one after the other, in about half a minute${isLong ? ", and one of 16 minutes" : ""}: ` +
      "about 250 connections, 16 at once at most, " +
      "1,500 messages within the limits of the server, 10,000 if it has none.",
  );
  if (canMakeUsers) target.print("Makes about 25 users with random names, and erases them at the end.");
  else target.print(`Writes to ${given.map(({ name }) => name).join(", ") || "nobody"}, and erases nothing.`);
}

async function playCase({ name, play }: ServerCase, world: World): Promise<Outcome> {
  const begun = performance.now();
  const outcome = (is: Outcome["is"], why = ""): Outcome => {
    return { name, is, why, lines: [], errors: "", ms: performance.now() - begun };
  };
  const limit = deadline(world.isLong ? LONG_CASE_MS : CASE_MS);
  try {
    await Promise.race([play(world), limit.passed]);
    return outcome("passed");
  } catch (error) {
    if (error instanceof Skipped) return outcome("skipped", error.message);
    return outcome("failed", error instanceof Error ? error.message : String(error));
  } finally {
    limit.stop();
    world.closeAll();
  }
}

function deadline(ms: number): { readonly passed: Promise<never>; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no end after ${ms / 1_000} s`)), ms);
  });
  return { passed, stop: () => clearTimeout(timer) };
}
