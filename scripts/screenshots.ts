// npm run screenshots: takes every state of the page, in both languages, on a phone and a desktop, in light and dark
// colours, into screenshots/ (not in the repository), to be looked at. Real servers, a real browser; the other users of
// the conversations are clients of the SDK.
import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startBrowser } from "../test/support/browser.ts";
import { CASTS, type Cast } from "./screenshots/casts.ts";
import { takeEntrances } from "./screenshots/take-entrances.ts";
import { takeMailbox } from "./screenshots/take-mailbox.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    language: { type: "string" },
    readme: { type: "boolean", default: false },
  },
});

/** The state that the documents show, and the pictures of it by their names there. */
const SHOWN = "30-conversation";
const PICTURES = { desktop: "desktop-light", phone: "phone-light", dark: "desktop-dark" };

const isChosen = ({ language }: Cast) => values.language === undefined || values.language === language;
const casts = CASTS.filter(isChosen);

const browser = await startBrowser();
try {
  if (!values.only.startsWith("entrance")) {
    for (const cast of casts) await takeMailbox(browser, cast, values.only);
  }
  if (values.only === "" || values.only.startsWith("entrance")) await takeEntrances(browser, casts, values.only);
} finally {
  await browser.close();
}

if (values.readme) {
  const root = resolve(import.meta.dirname, "..");
  for (const [name, picture] of Object.entries(PICTURES))
    copyFileSync(`${root}/screenshots/en/${SHOWN}-${picture}.png`, `${root}/docs/pictures/${name}.png`);
}
