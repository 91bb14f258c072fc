// A project of an application with the package installed, as npm packs and installs it, without a network.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";

export const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

export interface Project {
  readonly folder: string;
  /** Where the package is in it. */
  readonly home: string;
  /** Writes a file of the application. */
  write(name: string, text: string): void;
  /** Installs packages of this repository, too. */
  link(...names: readonly string[]): void;
  /** Runs a program in the folder; resolves with what it prints. */
  output(program: string, args: readonly string[]): Promise<string>;
  remove(): void;
}

/** A new project, an ES module, with nothing but the package in it. */
export async function projectWithPackage(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "restante-project-"));
  const home = join(folder, "node_modules/restante");
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("package.json", `{ "name": "application", "private": true, "type": "module" }`);
  await run(process.execPath, ["scripts/build.mjs"], { cwd: ROOT });
  await install(folder, home);
  return {
    folder,
    home,
    write,
    link(...names) {
      for (const name of names) {
        mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true });
        symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
      }
    },
    async output(program, args) {
      const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
      const { stdout } = await run(program, [...args], { cwd: folder, env });
      return stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function install(folder: string, home: string): Promise<void> {
  const { PATH = "" } = process.env;
  // A machine that has only Deno has no npm: there the same files are copied.
  if (!PATH.split(delimiter).some((path) => existsSync(join(path, "npm")))) return copyPackage(home);
  const { stdout } = await run("npm", ["pack", join(ROOT, "dist"), "--json", "--pack-destination", folder]);
  const tarball = /"filename": "([^"]+)"/.exec(stdout)?.[1] ?? "";
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: folder });
}

function copyPackage(home: string): void {
  mkdirSync(home, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, "dist/package.json"), "utf8")) as { files: string[] };
  for (const file of ["package.json", ...files]) cpSync(join(ROOT, "dist", file), join(home, file));
}
