// Test vectors for clients in other languages: names and bodies in docs/vectors.json, with what the server makes of
// them. The file has the inputs, the code has the results; UPDATE_VECTORS=1 npm test -- vectors writes them into it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";
import { utf8Bytes } from "../../src/protocol/limits.ts";
import { canonical } from "../../src/protocol/names.ts";
import { checkNewName } from "../../src/protocol/new-names.ts";
import { serializeReceivedBody } from "../../src/protocol/received-body.ts";
import { isSameJson } from "../../src/protocol/sorted-json.ts";

const FILE = join(import.meta.dirname, "../../docs/vectors.json");

interface NameVector {
  readonly raw: string;
  readonly canonical?: string;
  readonly refused?: string | null;
}

/** A body as it is sent: a JSON text, or parts of one with how often each is repeated. */
interface BodyVector {
  readonly text?: string;
  readonly parts?: readonly (readonly [part: string, times: number])[];
  readonly stored?: string;
  readonly bytes?: number;
  readonly refused?: string;
}

/** Two bodies, and whether they are one message when they are sent with one id. */
interface SameBodyVector {
  readonly one: string;
  readonly other: string;
  readonly same: boolean;
}

interface Vectors {
  readonly names: readonly NameVector[];
  /** Names under which a mailbox is to begin. */
  readonly newNames: readonly NameVector[];
  readonly bodies: readonly BodyVector[];
  readonly sameBodies: readonly SameBodyVector[];
}

function readName({ raw }: NameVector): NameVector {
  const name = canonical(raw);
  return "refused" in name ? { raw, refused: name.refused } : { raw, canonical: name.name };
}

function readNewName({ raw }: NameVector): NameVector {
  const { canonical: name = "" } = readName({ raw });
  return { raw, canonical: name, refused: checkNewName(name)?.code ?? null };
}

/** What is stored of a short body, and how many bytes it counts. */
function readBody({ text, parts = [] }: BodyVector): BodyVector {
  const sent = text === undefined ? { parts } : { text };
  const value = parseJson(text ?? parts.map(([part, times]) => part.repeat(times)).join(""));
  if (value === undefined) return { ...sent, refused: "bad_frame" };
  const stored = serializeReceivedBody(value);
  if (typeof stored !== "string") return { ...sent, refused: stored.code };
  return { ...sent, ...(text !== undefined && { stored }), bytes: utf8Bytes(stored) };
}

function compareBodies({ one, other }: SameBodyVector): SameBodyVector {
  const [first, second] = [one, other].map((text) => readBody({ text }).stored ?? "");
  if (!first || !second) throw new Error(`${one} or ${other} is no body`);
  return { one, other, same: isSameJson(first, second) };
}

const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;
const results: Vectors = {
  names: vectors.names.map(readName),
  newNames: vectors.newNames.map(readNewName),
  bodies: vectors.bodies.map(readBody),
  sameBodies: vectors.sameBodies.map(compareBodies),
};

test("[F3][N2][S2] docs/vectors.json says what the code makes of names and bodies", () => {
  if (process.env["UPDATE_VECTORS"] === undefined) expect(vectors).toEqual(results);
  else writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
});

test("[F3][N1][N4][N5] the vectors have names and bodies that are taken, and some for each refusal", () => {
  const refusalsOf = (list: readonly { readonly refused?: string | null }[]) =>
    new Set(list.map(({ refused }) => refused ?? null));
  expect(refusalsOf(results.names)).toEqual(new Set([null, "bad_name", "reserved_name"]));
  expect(refusalsOf(results.newNames)).toEqual(new Set([null, "bad_name", "reserved_name"]));
  expect(refusalsOf([...results.bodies])).toEqual(new Set([null, "bad_frame", "too_large"]));
  expect(new Set(results.sameBodies.map(({ same }) => same))).toEqual(new Set([true, false]));
});
