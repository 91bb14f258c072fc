// Searches the files of a server for what must not be left in them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "./servers.ts";

/** In how many places of the server's files this text is. */
export function placesInFiles({ folder }: Server, text: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  const found = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, "latin1"));
  return found.reduce((places, bytes) => places + bytes.split(text).length - 1, 0);
}
