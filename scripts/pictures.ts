// npm run pictures: takes pictures of the main states of the page, in a real browser and with a real server, into
// pictures/ (not in the repository). Three of them are copied into docs/pictures/, where README shows them.
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";
import { startServer } from "../test/support/servers.ts";
import { PageUser } from "../test/support/page-user.ts";

const ROOT = resolve(import.meta.dirname, "..");
const ALL = join(ROOT, "pictures");
const SHOWN = join(ROOT, "docs/pictures");
const README = ["desktop.png", "phone.png", "dark.png"];

const WIDE = { width: 1_040, height: 680 };
const PHONE = { width: 360, height: 680 };

const [browser, server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off" })]);
try {
  mkdirSync(ALL, { recursive: true });
  mkdirSync(SHOWN, { recursive: true });
  const visit = (options: BrowserContextOptions) => PageUser.inNewContext(browser, server.url, options);
  const take = async (visitor: PageUser, name: string) => {
    await visitor.page.screenshot({ path: join(ALL, name), animations: "disabled" });
    console.log(`pictures/${name}`);
  };

  const anna = await visit({ viewport: WIDE });
  await take(anna, "entrance.png");
  await anna.claim("anna");
  await take(anna, "empty.png");
  const ben = await visit({ viewport: PHONE });
  await ben.claim("ben");
  const mei = await visit({ viewport: WIDE, colorScheme: "dark" });
  await mei.claim("mei");
  const stranger = await visit({});
  await stranger.claim("zoe");

  await ben.open("anna");
  await ben.send("Are we still on for Thursday?");
  await anna.open("ben");
  await anna.sees("Thursday");
  await anna.send("Yes! Seven o'clock, at the usual place.", "I'll bring the map: https://example.com/walks/old-mill");
  await ben.sees("old-mill");
  await ben.send("Perfect. If it rains we take the train.");
  await anna.sees("train");
  await mei.open("anna");
  await mei.send("The report is done.\nCould you read it before noon?");
  await stranger.open("anna");
  await stranger.send("Hello, I found your name on the notice board.");
  await anna.list.getByText("notice board").waitFor();
  await anna.list.getByRole("link", { name: /mei/ }).waitFor();
  await take(anna, "desktop.png");
  await take(ben, "phone.png");
  await ben.button("Back").click();
  await take(ben, "phone-list.png");
  await anna.open("mei");
  await anna.send("Reading it now. Chapter two is very good.");
  await mei.sees("Chapter two");
  await mei.send("Thank you!");
  await take(mei, "dark.png");
  await anna.open("zoe");
  await anna.page.getByText("zoe wants to write to you.", { exact: false }).waitFor();
  await take(anna, "request.png");
  await anna.account.click();
  await anna.button("Link a device").click();
  await anna.page.locator("output.code").waitFor();
  await take(anna, "account.png");
  await anna.button("Close").click();
  await server.kill();
  await anna.page.getByText("You're offline.", { exact: false }).waitFor();
  await anna.send("This waits until there is a connection.");
  await take(anna, "offline.png");
  for (const name of README) copyFileSync(join(ALL, name), join(SHOWN, name));
} finally {
  await browser.close();
  await server.stop();
}
