// The example in React as somebody who installs it has it: built by Vite with the package as npm would unpack it, its
// own server with its tokens, a Restante server on another origin, and two users in real Chromium.
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Browser, Locator, Page } from "playwright-core";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/react");
const run = promisify(execFile);
const project = mkdtempSync(join(tmpdir(), "restante-react-"));

let browser: Browser;
let server: Server;
let site: PreviewServer;
let origin: string;

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

/** Copies the example, and installs what its package.json names: of `restante` the files of the package alone. */
async function installExample(): Promise<void> {
  await run(process.execPath, ["scripts/build.mjs"], { cwd: ROOT });
  cpSync(EXAMPLE, project, {
    recursive: true,
    filter: (path) => !/node_modules|dist/.test(path.slice(EXAMPLE.length)),
  });
  const modules = join(project, "node_modules");
  for (const name of Object.keys({ ...dependencies("dependencies"), ...dependencies("devDependencies") })) {
    mkdirSync(join(modules, name, ".."), { recursive: true });
    if (name !== "restante") symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  cpSync(join(ROOT, "dist"), join(modules, "restante"), { recursive: true });
}

function dependencies(kind: "dependencies" | "devDependencies", from = EXAMPLE): Record<string, string> {
  return readJson(join(from, "package.json"))[kind] as Record<string, string>;
}

beforeAll(async () => {
  await installExample();
  // It serves what is built later: the address of each of the two servers is known to the other one.
  mkdirSync(join(project, "dist"));
  site = await preview({ root: project, preview: { port: 0 }, logLevel: "error" });
  origin = `http://localhost:${(site.httpServer.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([startBrowser(), startServer(variables())]);
  process.env["VITE_RESTANTE_URL"] = server.url.replace("127.0.0.1", "localhost");
  await build({ root: project, logLevel: "error" });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await site?.close();
  delete process.env["VITE_RESTANTE_URL"];
  rmSync(project, { recursive: true, force: true });
});

/** The variables of README's command to start the server, with this page's origin. */
function variables(): Record<string, string> {
  const [command = ""] = /npm start[^`]*/.exec(readFileSync(join(EXAMPLE, "README.md"), "utf8")) ?? [];
  const named = [...command.matchAll(/--var (\w+):(\S+)/g)];
  return { ...Object.fromEntries(named.map(([, name, value]) => [name, value])), ALLOWED_ORIGINS: origin };
}

/** A user of the example in a browser of their own. */
class ExampleUser {
  readonly page: Page;
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", ({ message }) => this.errors.push(message));
  }

  static async signIn(name: string): Promise<ExampleUser> {
    const user = new ExampleUser(await (await browser.newContext()).newPage());
    await user.page.goto(origin);
    await user.page.getByLabel("Your name").fill(name);
    await user.page.getByRole("button", { name: "Sign in" }).click();
    await user.isConnected("open");
    return user;
  }

  async isConnected(is: string): Promise<void> {
    await this.page.getByRole("status", { name: "Connection" }).filter({ hasText: is }).waitFor();
  }

  composer(peer: string): Locator {
    return this.page.getByLabel(`Message to ${peer}`);
  }

  async send(peer: string, text: string): Promise<void> {
    await this.composer(peer).fill(text);
    await this.composer(peer).press("Enter");
  }

  /** Waits until the line of a message has this text, which ends with the state of an own one. */
  async sees(text: string): Promise<void> {
    await this.page.getByRole("listitem").filter({ hasText: text }).waitFor();
  }

  /** Waits until the open conversation has this heading. */
  async heads(hasText: string): Promise<void> {
    await this.page.getByRole("heading").filter({ hasText }).waitFor();
  }

  async lines(): Promise<string[]> {
    const texts = await this.page.getByRole("listitem").allTextContents();
    return texts.map((text) => text.trim());
  }
}

test("the versions of the example are those of this repository", () => {
  const own = { ...dependencies("dependencies", ROOT), ...dependencies("devDependencies", ROOT) };
  const { restante, ...others } = { ...dependencies("dependencies"), ...dependencies("devDependencies") };
  expect(restante).toBe("file:../../dist");
  for (const [name, version] of Object.entries(others)) expect(own[name], name).toBe(version);
});

test("the code of SDK.md's chapter on React is that of the example", () => {
  const [chapter = ""] = /\n## React\n.*?(?=\n## )/s.exec(readFileSync(join(ROOT, "docs/SDK.md"), "utf8")) ?? [];
  // The formatter indents a part of a file as a file of its own.
  const flat = (text: string) => text.replaceAll(/^ +/gm, "");
  const code = [...chapter.matchAll(/```tsx\n(.*?)```/gs)].map(([, text = ""]) => flat(text));
  const files = globSync("src/*.tsx", { cwd: EXAMPLE }).map((file) => flat(readFileSync(join(EXAMPLE, file), "utf8")));
  expect(code.length).toBeGreaterThan(2);
  expect(code.filter((text) => !files.some((file) => file.includes(text)))).toEqual([]);
});

test("the example compiles with the types of the package", async () => {
  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", project]);
});

test("[O3] two users on another origin write, type and are online; without a server and after a reload nothing is lost", async () => {
  const [alice, bob] = await Promise.all([ExampleUser.signIn("alice"), ExampleUser.signIn("bob")]);
  await alice.page.getByLabel("Write to").fill("bob");
  await alice.page.getByLabel("Write to").press("Enter");
  await alice.send("bob", "hello");
  await alice.sees("hello stored");
  await bob.page.getByRole("navigation").getByRole("button", { name: "alice 1 new hello" }).click();
  await bob.page.getByRole("button", { name: "Accept" }).click();
  await bob.page.getByRole("note").waitFor({ state: "detached" });
  await alice.heads("bob online");
  await bob.composer("alice").fill("hi");
  await alice.heads("bob typing…");
  await bob.composer("alice").press("Enter");
  await alice.sees("hi");
  await bob.sees("hi read");
  await alice.heads("bob online");

  await server.kill();
  await alice.isConnected("waiting");
  await alice.send("bob", "from the tunnel");
  await alice.sees("from the tunnel sending");
  await alice.page.reload();
  await alice.page.getByRole("navigation").getByRole("button", { name: /^bob/ }).click();
  await alice.sees("from the tunnel sending");
  await server.restart();
  await bob.sees("from the tunnel");
  await alice.sees("from the tunnel read");
  expect(await alice.lines()).toEqual(["hello read", "hi", "from the tunnel read"]);

  await bob.page.getByRole("button", { name: "Sign out" }).click();
  await bob.page.getByLabel("Your name").waitFor();
  expect(await bob.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});
