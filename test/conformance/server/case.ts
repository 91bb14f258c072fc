// What a case of the server's side is, and the reasons for which it may be left out.
import type { World } from "./world.ts";

export interface ServerCase {
  /** A sentence in the present tense that begins with the rules that it proves: `[S1][S3] …`. */
  readonly title: string;
  play(world: World): Promise<void>;
}

/** The rules that a title quotes. */
export function rulesOf(title: string): string[] {
  const [quoted = ""] = /^(\[[A-Z]\d+\])+/.exec(title) ?? [];
  return [...quoted.matchAll(/\w+/g)].map(([rule]) => rule);
}

export function serverCase(title: string, play: ServerCase["play"]): ServerCase {
  return { title, play };
}
