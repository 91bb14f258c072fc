// The SDK runs unchanged in Node.js, Deno, Workers and browsers: one story in each, against a real server.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../../support/browser.ts";
import { bundle } from "../../support/bundle.ts";
import { type Server, startServer, startWorker } from "../../support/servers.ts";
import { expected, type Outcome } from "./story.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const BIN = join(ROOT, "node_modules/.bin");
/** An installation by Deno itself has no `deno` among the tools. */
const DENO = existsSync(join(BIN, "deno")) ? join(BIN, "deno") : "deno";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

/** Runs a program to its end; resolves with its output. */
function output(program: string, args: string[]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } });
    let printed = "";
    child.stdout.on("data", (data) => (printed += String(data)));
    child.stderr.on("data", (data) => (printed += String(data)));
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? done(printed) : fail(new Error(`ended with ${code}: ${printed}`))));
  });
}

async function played(program: string, flags: string[], mark: string): Promise<unknown> {
  const sdk = await bundle("src/client/connect.ts");
  const printed = await output(program, [...flags, "test/client/runtimes/run.ts", sdk, server.url, mark]);
  return JSON.parse(/^outcome (.*)$/m.exec(printed)?.[1] ?? `"${printed}"`);
}

test("the story in Node.js", async () => {
  expect(await played(process.execPath, [], "node")).toEqual(expected("node"));
});

test("the story in Deno", async () => {
  expect(await played(DENO, ["run", "-A", "--no-lock"], "deno")).toEqual(expected("deno"));
});

test("the story in a Worker", async () => {
  const worker = await startWorker("test/client/runtimes/worker.ts");
  try {
    const response = await fetch(`${worker.url}/?mark=worker&url=${encodeURIComponent(server.url)}`);
    expect(await response.json()).toEqual(expected("worker"));
  } finally {
    await worker.stop();
  }
});

test.each([
  ["memory", false],
  ["IndexedDB", true],
])("the story in a browser, kept in %s", async (_, kept) => {
  const mark = `browser-${kept}`;
  const script = readFileSync(await bundle("test/client/runtimes/browser.ts"), "utf8");
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ bypassCSP: true });
    await page.goto(`${server.url}/page.css`);
    await page.addScriptTag({ content: script, type: "module" });
    await page.waitForFunction(() => "play" in globalThis);
    const play = ([url, name, all]: [string, string, boolean]) =>
      (globalThis as unknown as { play(url: string, mark: string, kept: boolean): Promise<Outcome> }).play(
        url,
        name,
        all,
      );
    expect(await page.evaluate(play, [server.url, mark, kept] as [string, string, boolean])).toEqual(expected(mark));
  } finally {
    await browser.close();
  }
});
