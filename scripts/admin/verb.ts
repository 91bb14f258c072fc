// The shape of a verb of the admin command.
import type { Deployment } from "./deployment.ts";

/** The arguments: positionals, and flags by name. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly [flag: string]: unknown;
}

/**
 * A result for programs and for people; `isNo`: a failure, so the exit code is 1. A string: what was wrong with the
 * arguments.
 */
export type Result = { readonly value: unknown; readonly text: string; readonly isNo?: boolean } | string;

export interface Verb {
  readonly args: readonly string[];
  /** The first line is shown in the overview. */
  readonly help: readonly [string, ...string[]];
  readonly flags?: Readonly<Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>>;
  /** The meaning of each flag. */
  readonly flagHelp?: Readonly<Record<string, string>>;
  run(deployment: Deployment, given: Arguments): Promise<Result>;
}
