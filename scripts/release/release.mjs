// npm run release: builds everything that a release publishes into dist-release/, and tries it there.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "../child.mjs";
import { fillArchive, machineProblem, missingFiles, nameOf, pack, versionOf } from "./archive.mjs";
import { releaseProblems } from "./check-release.mjs";
import { tryArchive } from "./try-archive.mjs";

const OUT = "dist-release";

export const RELEASE_HELP = `npm run release -- [flags]

  Builds what a release publishes into ${OUT}/: the archive for self-hosting, the npm package, the Dockerfile, and
  SHA256SUMS. It publishes nothing: docs/RELEASES.md has the steps before and after. In about three minutes:
    1. checks that nothing is uncommitted, and that package.json, CHANGELOG.md and the tag have one version;
    2. builds the server and the package, and packs them;
    3. tries the packed archive in an empty environment: version, flags, serving, backup, restore;
    4. runs the tests of the package.
    --draft       builds and tries it whatever step 1 finds, which it prints: to see how it would be
    --no-tests    leaves out step 4
  Exit codes: 0 all is there and works; 1 something is not; 2 wrong flags.`;

/** Returns the exit code. */
export async function release(flags) {
  let values;
  try {
    const options = { draft: { type: "boolean" }, "no-tests": { type: "boolean" } };
    ({ values } = parseArgs({ args: flags, options }));
  } catch (error) {
    console.error(`${error.message}\n\nSee npm run release -- --help.`);
    return 2;
  }
  const wrong = machineProblem();
  if (wrong !== null) return fail(wrong);
  const version = versionOf();
  step(1, `Checks of version ${version}`);
  const problems = [...(await releaseProblems(version)), ...missingFiles()];
  for (const problem of problems) console.error(`- ${problem}`);
  if (problems.length > 0 && !values.draft)
    return fail("Nothing was built. npm run release -- --draft builds all the same.");
  step(2, "Build");
  if (!(await build(version))) return fail("The build failed.");
  step(3, "Trial of the archive");
  const faults = await tryArchive(join(OUT, `${nameOf(version)}.tar.gz`), version);
  for (const fault of faults) console.error(`- ${fault}`);
  if (faults.length > 0) return fail("The archive does not work.");
  if (!values["no-tests"]) {
    step(4, "Tests of the package");
    if ((await run("vitest", ["run", "--project", "node", "test/package"])) !== 0) return fail("Tests failed.");
  }
  for (const name of readdirSync(OUT))
    console.log(`${OUT}/${name}  ${(statSync(join(OUT, name)).size / 1e6).toFixed(1)} MB`);
  return 0;
}

async function build(version) {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT);
  const name = nameOf(version);
  if (!(await fillArchive(join(OUT, name), { isStripped: true }))) return false;
  let seconds = "";
  if ((await run("git", ["log", "-1", "--format=%ct"], { print: (text) => (seconds += text) })) !== 0) return false;
  if (!(await pack(OUT, name, Number(seconds)))) return false;
  rmSync(join(OUT, name), { recursive: true });
  if ((await run("node", ["scripts/build.mjs", "--strict"])) !== 0) return false;
  if ((await run("npm", ["pack", "./dist", "--silent", "--pack-destination", OUT])) !== 0) return false;
  copyFileSync("docs/selfhost/Dockerfile", join(OUT, "Dockerfile"));
  const files = readdirSync(OUT).toSorted();
  const sums = files.map(
    (file) =>
      `${createHash("sha256")
        .update(readFileSync(join(OUT, file)))
        .digest("hex")}  ${file}\n`,
  );
  writeFileSync(join(OUT, "SHA256SUMS"), sums.join(""));
  return true;
}

function step(number, title) {
  console.log(`\n${number} of 4: ${title}`);
}

function fail(why) {
  console.error(`\n${why}`);
  return 1;
}
