// What a case of the server's side is. Its name begins with the rules that it proves, as in ../case.ts.
import type { World } from "./world.ts";

export interface ServerCase {
  /** The rules, then a sentence in the present tense: `[S1][S3] only …`. */
  readonly name: string;
  readonly play: (world: World) => Promise<void>;
}

export function serverCase(name: string, play: ServerCase["play"]): ServerCase {
  return { name, play };
}
