// The commands that documents and workflows name are those of package.json.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
const example = JSON.parse(textOf("examples/react/package.json")) as { scripts: Record<string, string> };
const workflows = globSync(".github/workflows/*.yml", { cwd: ROOT });

/** Scripts that a text names, as `npm run check`, `npm test` or `node --run types`. */
const named = (text: string) =>
  [...text.matchAll(/\b(?:npm run|node --run) ([a-z][\w:-]*)|\bnpm (test|start)\b/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );

test.each([...globSync("{*,docs/*,examples/*/*}.md", { cwd: ROOT }), ...workflows, "package.json", "scripts/run.mjs"])(
  "%s names only commands that exist",
  (file) => {
    expect(named(textOf(file)).filter((name) => (scripts[name] ?? example.scripts[name]) === undefined)).toEqual([]);
  },
);

test.each(globSync("{README,CONTRIBUTING,docs/*,examples/*/*}.md", { cwd: ROOT }))(
  "every command that %s names installs what is missing",
  (file) => {
    const { confusables: _, ...others } = scripts;
    const commands = named(textOf(file)).flatMap((name) => others[name] ?? []);
    expect(commands.filter((command) => !command.startsWith("node scripts/run.mjs "))).toEqual([]);
  },
);

test("every command that CONTRIBUTING.md promises a time for is named there", () => {
  expect(named(textOf("CONTRIBUTING.md"))).toEqual(expect.arrayContaining(["check", "test:watch", "test", "format"]));
});

test.each(workflows)(
  "%s runs other people's actions by their commits, with a limit of time, and may only read",
  (file) => {
    const text = textOf(file);
    expect(text).not.toMatch(/\t|\r/);
    const [, jobs = ""] = text.split("\njobs:\n");
    const count = jobs.match(/^ {2}\w+:$/gm)?.length ?? 0;
    expect(count).toBeGreaterThan(0);
    expect(jobs.match(/^ {4}timeout-minutes: \d+$/gm)).toHaveLength(count);
    const used = [...jobs.matchAll(/uses: (.*)$/gm)].map((match) => match[1]);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+)*$/);
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(text.match(/permissions:|secrets\.|pull_request_target|write\b/g)).toEqual(["permissions:"]);
    expect(named(jobs.match(/run: .*$/gm)?.join("\n") ?? "")).toEqual(["check", "test"]);
  },
);
