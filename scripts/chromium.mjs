// The browser of the page's tests: Debian's, or whatever CHROMIUM points to. Playwright's own download is not used.
import { existsSync } from "node:fs";
import process from "node:process";
import { succeeds, which } from "./child.mjs";

/** The path of a browser, after installing one if we may; undefined when there is none. */
export async function findChromium() {
  const found = look();
  if (found) return found;
  if (process.getuid?.() === 0 && which("apt-get")) await aptGet();
  return look();
}

function look() {
  const own = process.env.CHROMIUM;
  if (own) return existsSync(own) ? own : undefined;
  return which("chromium", "chromium-browser", "google-chrome");
}

async function aptGet() {
  console.log("Installing with apt-get install chromium, because there is none.");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const updated = await succeeds("apt-get", ["update"], env);
  if (updated) await succeeds("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], env);
}
