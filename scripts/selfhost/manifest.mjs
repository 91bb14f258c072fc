// server.json of a server folder: the version, and what its configuration is made of.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Manifest
 * @property {string} version of package.json
 * @property {string} sources hash of what the folder was built of
 * @property {string} compatibilityDate of wrangler.toml
 * @property {readonly string[]} compatibilityFlags of wrangler.toml
 * @property {Readonly<Record<string, string>>} variables of wrangler.toml
 * @property {readonly { readonly name: string, readonly type: string }[]} objects bindings and their classes
 * @property {object} front what front.js serves: see page.mjs
 */

export const MANIFEST = "server.json";

/**
 * The description of the server in a folder, or null if none is there. It is written last, so the rest is complete.
 *
 * @param {string} folder
 * @returns {Manifest | null}
 */
export function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, MANIFEST), "utf8"));
  } catch {
    return null;
  }
}
