// The package is not built where the types of the SDK are wrong; the server is, so that it starts while somebody works.
import { execFile } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/installed-package.ts";

const run = promisify(execFile);

/** What the build needs of the repository. */
const COPIED = ["src", "scripts", "docs", "LICENSE", "public", "package.json", "package-lock.json"];
const PROJECTS = ["tsconfig.base.json", "tsconfig.sdk.json"];

test("`npm run package` fails where a type of the SDK is wrong, and says where; `npm run build` says it alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-wrong-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of [...COPIED, ...PROJECTS]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  // Older than what is installed: a command that found something missing would install it into the linked folder.
  utimesSync(join(folder, "package-lock.json"), 0, 0);
  appendFileSync(join(folder, "src/client/errors.ts"), `\nexport const wrong: number = "a text";\n`);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<"package" | "build", string>>;
  };
  const outcomeOf = (command: string) =>
    run(process.execPath, command.split(" ").slice(1), { cwd: folder }).then(
      ({ stderr }) => ({ code: 0, stderr }),
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
    );
  const problem = expect.stringMatching(/src\/client\/errors\.ts\(\d+,\d+\): error TS2322/) as string;
  expect(await outcomeOf(scripts.package)).toEqual({ code: 1, stderr: problem });
  expect(await outcomeOf(scripts.build)).toEqual({ code: 0, stderr: problem });
});
