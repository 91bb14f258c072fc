// Bugs are planted into copies of the SDK and of the Python example, one by one: each is caught by the case that names
// it, with the sentence that says so, and leaves another case alone.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test, type TestContext } from "vitest";
import { CASES } from "./cases/all.ts";
import { type Outcome, play } from "./play.ts";
import { BUGS, type Change, type Patient, type Title } from "./planted/bugs.ts";
import { PYTHON_EXAMPLE } from "./planted/python.ts";
import { SDK, SLOW_DISK } from "./planted/sdk.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A copy of a client with these changes, each of which has to apply, for one test; the command that starts it. */
function plant(
  { files, command }: Patient,
  changes: readonly Change[],
  { expect, onTestFinished }: TestContext,
): string {
  const folder = mkdtempSync(join(tmpdir(), "restante-planted-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of files) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const [file, text, by] of changes) {
    const before = readFileSync(join(folder, file), "utf8");
    expect(before.split(text).length, `${file} has this text once: ${text}`).toBe(2);
    writeFileSync(
      join(folder, file),
      before.replace(text, () => by),
    );
  }
  return command(folder);
}

/** Plays the one case that has this in its name. */
async function playOnly(part: string, command: string): Promise<Outcome> {
  const [one, ...others] = CASES.filter(({ name }) => name.includes(part));
  if (one === undefined || others.length > 0) throw new Error(`"${part}" is no part of the name of one case`);
  return play(one, command);
}

const titles = Object.keys(BUGS) as Title[];
const planted = titles.flatMap((title) =>
  [SDK, PYTHON_EXAMPLE].map((patient) => [title, patient.name, patient] as const),
);

test.concurrent.for(planted)("a client that %s is caught: %s", async ([title, , patient], context) => {
  const { expect } = context;
  const { caughtBy, says, passes } = BUGS[title];
  const command = plant(patient, patient.changes[title], context);
  const [caught, other] = await Promise.all([playOnly(caughtBy, command), playOnly(passes, command)]);
  expect(caught.is, caughtBy).toBe("failed");
  expect(caught.why).toContain(says);
  expect(other.is, `${passes}: ${other.why}`).toBe("passed");
});

test.concurrent("a client that sends runs that were not granted is caught: the SDK", async (context) => {
  const change = ["src/client/outbox.ts", "this.#runs = runs;", "this.#runs = !runs;"] as const;
  const command = plant(SDK, [change], context);
  const { why } = await playOnly("as single frames where runs are not granted", command);
  context.expect(why).toContain("[F8] Runs were not granted, and the client sends one.");
});

test.concurrent("a client on a slow disk passes", async (context) => {
  const command = plant(SDK, [SLOW_DISK], context);
  const played = await playOnly(BUGS["acknowledges before it has stored"].caughtBy, command);
  context.expect(played.is, played.why).toBe("passed");
});
