// npm test and npm run check: step by step, each under a title and with its time, and the count of everything as the
// last line. A failed step does not end it, except the first: without an installation there is nothing to check.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAllWith, interrupted, run, succeeds } from "./child.mjs";
import { install, whatIsMissing } from "./install.mjs";
import { findTools, uses } from "./tools.mjs";

// Scripts of package.json. Node.js runs them itself: where Deno installed, there is no npm.
const CHECKS = [
  ["Types", "typecheck"],
  ["Lint and format", "lint"],
];

const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

/** npm test: everything, or, with arguments, only vitest with these. */
export function test(args) {
  return counted(async () => {
    let missing = [];
    const isNeeded = async (tool) => args.length === 0 || uses(tool, await asked(args));
    await step("Tools", async () => (missing = await findTools(undefined, isNeeded)).length === 0);
    if (args.length === 0) {
      for (const what of missing) fail(what);
      await checks();
    }
    await step("Tests", () => vitest(args));
  });
}

/** npm run check: types, lint, format, and the tests that need nothing but the code. */
export function check(args) {
  return counted(async () => {
    await checks();
    await step("Pure tests", () => vitest(["--project", "pure", ...args]));
  });
}

/**
 * npm run test:watch: the pure tests, or, with arguments, those that these name, in every project; again at each change
 * of a file.
 */
export async function watch(args) {
  await findTools(undefined, async () => false);
  return run("vitest", ["watch", ...(args.length > 0 ? args : ["--project", "pure"])]);
}

/** Does it where everything is installed, and says what came of it. */
async function counted(work) {
  const missing = whatIsMissing();
  if (missing && !(await step("Install", () => install(missing)))) fail("Install");
  else await work();
  if (interrupted()) return 130;
  return report();
}

async function checks() {
  for (const [title, script] of CHECKS) {
    if (await step(title, () => succeeds("node", ["--run", script]))) count.passed++;
    else fail(title);
  }
}

/** The files of tests that vitest runs with these arguments. */
async function asked(args) {
  let output = "";
  // Last, because otherwise it takes the first filter as the file to write to.
  await run("vitest", ["list", "--filesOnly", ...args, "--json"], { print: (text) => (output += text) });
  try {
    return JSON.parse(output).map(({ file }) => file);
  } catch {
    return []; // Arguments that `vitest list` does not take: nothing is installed, and a test says what it misses.
  }
}

async function step(title, work) {
  if (interrupted()) return false;
  console.log(`\n== ${title}`);
  const start = performance.now();
  const ok = await work();
  console.log(`== ${title}: ${ok ? "passed" : "FAILED"} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return ok;
}

async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), "restante-test-"));
  const file = join(folder, "result.json");
  const reporters = ["--reporter=default", "--reporter=./scripts/reporter.mjs"];
  // A folder for all temporary files: what a test leaves behind, file or process, is known by it and taken away.
  const env = { TMPDIR: folder, RESTANTE_TEST_RESULT: file };
  const code = await run("vitest", ["run", ...reporters, ...args], { env });
  await endAllWith(`TMPDIR=${folder}`);
  const failed = count.failed;
  try {
    add(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    fail(`Tests: vitest left no result, and ended with ${code}`);
  }
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // A folder of the system's own for temporary files: it says nothing about the tests.
  }
  // An error outside of any test, or a filter that fits none.
  if (code !== 0 && count.failed === failed) fail(`Tests: vitest ended with ${code}`);
  return count.failed === failed;
}

function add({ passed, skipped, failures }) {
  count.passed += passed;
  count.skipped += skipped;
  for (const what of failures) fail(what);
  if (passed + skipped + failures.length === 0) fail("Tests: there were none");
}

function fail(what) {
  count.failed++;
  failures.push(what);
}

function report() {
  console.log(failures.map((what) => `\nFailed: ${what}`).join(""));
  const { passed, failed, skipped } = count;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
}
