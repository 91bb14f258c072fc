// The tripwire: the wire format can't change unnoticed. Within a version, fields and frame types may be added, each
// with a rule in docs/PROTOCOL.md; a change of meaning needs a new version. Both update wire.json: UPDATE_WIRE=1 npm
// test -- wire
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toJSONSchema } from "zod/mini";
import { DOWN } from "../../src/protocol/down.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { REFUSALS } from "../../src/protocol/refusals.ts";
import { upFrame, upRun } from "../../src/protocol/up.ts";
import { PEERING, VERSION } from "../../src/protocol/version.ts";

const FILE = join(import.meta.dirname, "wire.json");
const DOCS = join(import.meta.dirname, "../../docs");

const closes = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, row]) => [code, "close" in row ? row.close : null]),
);
const wire = JSON.stringify(
  {
    version: VERSION,
    peering: PEERING,
    limits: LIMITS,
    codes: closes,
    up: toJSONSchema(upFrame),
    run: toJSONSchema(upRun),
    down: DOWN,
  },
  null,
  2,
);

test("[V1] the wire format equals wire.json", () => {
  if (process.env["UPDATE_WIRE"] !== undefined) writeFileSync(FILE, `${wire}\n`);
  expect(JSON.parse(wire)).toEqual(JSON.parse(readFileSync(FILE, "utf8")));
});

test("[V1] PROTOCOL.md names every frame, every code and the versions", () => {
  const page = readFileSync(join(DOCS, "PROTOCOL.md"), "utf8");
  const types = [...wire.matchAll(/"const": "(\w+)"/g)].map((match) => match[1] ?? "").concat(Object.keys(DOWN));
  expect(types.length).toBeGreaterThan(15);
  for (const word of [...types, ...Object.keys(REFUSALS).filter((code) => code !== "upgrade_required")]) {
    expect(page).toContain(`\`${word}\``);
  }
  const versions = ["PROTOCOL.md", "PROTOCOL-MAILBOXES.md"].flatMap((file) =>
    [...readFileSync(join(DOCS, file), "utf8").matchAll(/^\| (\d+) +\| \d/gm)].map((match) => Number(match[1])),
  );
  expect(versions).toEqual([VERSION, PEERING]);
});
