// A real browser for tests: headless Chromium with an empty profile, which ends with its parent process.
// It knows nothing of the pages that it opens.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts Chromium: $CHROMIUM, or that of Debian's package, with further flags, and without some that Playwright gives.
 * The caller closes it.
 */
export function startBrowser(flags: readonly string[] = [], without: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error("Chromium is missing: apt-get install chromium");
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...FLAGS, ...flags],
    ignoreDefaultArgs: [...without],
  });
}
