// npm run screenshots: takes every state of the page, in both languages, on a phone and a desktop, in light and dark
// colours, into screenshots/ (not in the repository), to be looked at. Real server, real browser; the other users of the
// conversations are clients of the SDK.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";
import { startServer } from "../test/support/servers.ts";
import { CASTS, type Cast } from "./screenshots/casts.ts";
import { enterMailbox, makeOlder, playConversations } from "./screenshots/stage.ts";

const FOLDER = resolve(import.meta.dirname, "../screenshots");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1_280, height: 800 } } as const;

const { values } = parseArgs({ options: { only: { type: "string", default: "" }, language: { type: "string" } } });

class Camera {
  readonly #folder: string;

  constructor(cast: Cast) {
    this.#folder = join(FOLDER, cast.language);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** The state that the page is in, in all sizes and colours. */
  async take(page: Page, state: string): Promise<void> {
    if (!state.includes(values.only)) return;
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const path = join(this.#folder, `${state}-${size}-${colorScheme}.png`);
        await page.screenshot({ path, animations: "disabled" });
      }
    }
    console.log(`screenshots: ${this.#folder.split("/").at(-1)}/${state}`);
  }
}

/** The forms to sign in of a server with these variables. */
async function takeEntrance(browser: Browser, variables: Record<string, string>, name: string): Promise<void> {
  const server = await startServer({ RATE_LIMIT: "off", ...variables });
  try {
    for (const cast of chosen()) {
      const context = await browser.newContext({ locale: cast.locale });
      const page = await context.newPage();
      await page.goto(server.url);
      await page.locator("form").waitFor();
      await new Camera(cast).take(page, `entrance-${name}`);
      await context.close();
    }
  } finally {
    await server.stop();
  }
}

async function takeMailbox(browser: Browser, cast: Cast): Promise<void> {
  const camera = new Camera(cast);
  const server = await startServer({ RATE_LIMIT: "off" });
  const context = await browser.newContext({ locale: cast.locale, permissions: ["clipboard-write"] });
  const page = await context.newPage();
  try {
    // Before the script has run.
    await page.route("**/page.js", (route) => route.abort());
    await page.goto(server.url);
    await camera.take(page, "01-before-the-script");
    await page.unroute("**/page.js");
    await page.goto(server.url);
    await page.locator("form").waitFor();
    await camera.take(page, "02-entrance");

    await enterMailbox(page, server.url, cast.me);
    await page.locator(".empty").waitFor();
    await camera.take(page, "10-no-chats");
    // One is beside the list, and one in it for phones.
    for (const button of await page.locator(".invitation [aria-expanded]").all())
      await button.evaluate((element: HTMLElement) => element.click());
    await page.locator(".qr path[d^=M]").first().waitFor({ state: "attached" });
    await camera.take(page, "11-invitation");
    const show = async (name: string) => {
      await page.goto(`${server.url}/#/${encodeURIComponent(name)}`);
      await page.locator(".composer, .notice").first().waitFor();
    };
    const others = await playConversations(server.url, page, cast, show);
    await makeOlder(page, server.url);
    await page.goto(`${server.url}/#/`);
    await page.locator(".item").first().waitFor();
    await page.locator(".banner[data-is=open]").waitFor({ state: "attached" });
    await camera.take(page, "20-list");
    for (const [query, state] of Object.entries({
      [cast.stranger]: "found",
      "a b": "bad-name",
      newfriend: "new-chat",
    })) {
      await page.locator("input[type=search]").fill(query);
      await camera.take(page, `21-search-${state}`);
    }
    await page.locator("input[type=search]").fill("");
    await show(cast.friend);
    await page.locator(".bubble").first().waitFor();
    await camera.take(page, "30-conversation");
    await page.locator(".composer textarea").fill(cast.draft.repeat(12));
    await camera.take(page, "31-long-draft");
    await page.locator(".composer textarea").fill(cast.draft);
    await page.locator(".scroll").evaluate((box) => box.scrollTo({ top: -700 }));
    await camera.take(page, "32-scrolled");
    others.friend.typing(cast.me);
    await page.locator(".about").getByText("…").waitFor();
    await camera.take(page, "33-typing");
    await show(cast.me);
    await page.locator(".bubble").first().waitFor();
    await camera.take(page, "34-note-to-self");
    await camera.take(page, "35-draft-in-the-list");
    await show(cast.stranger);
    await page.locator(".notice").waitFor();
    await camera.take(page, "36-request");
    await show("nobody-has-this-name");
    await page.locator(".composer textarea").fill(cast.draft);
    await page.locator(".composer button[type=submit]").click();
    await page.locator(".bubble .problem").waitFor();
    await camera.take(page, "37-failed");
    await show(cast.blocked);
    await page.locator(".about > .quiet:not(.back)").click();
    await page.locator(".notice").waitFor();
    await camera.take(page, "38-blocked");
    await show(cast.friend);
    await page.locator(".self button").evaluate((button: HTMLElement) => button.click());
    await page.locator("dialog .part").nth(3).waitFor();
    await camera.take(page, "40-account");
    await page.locator("dialog").evaluate((dialog) => dialog.scrollTo({ top: dialog.scrollHeight }));
    await camera.take(page, "41-account-end");
    await page.keyboard.press("Escape");
    await Promise.all(Object.values(others).map((one) => one.close()));
    await server.kill();
    await page.locator(".banner .line").waitFor();
    await page.locator(".composer textarea").fill(cast.draft);
    await page.locator(".composer button[type=submit]").click();
    await camera.take(page, "50-offline");
    await page.goto(`${server.url}/#/`);
    await camera.take(page, "51-offline-list");
  } finally {
    await context.close();
    await server.stop();
  }
}

function chosen(): readonly Cast[] {
  return CASTS.filter(({ language }) => values.language === undefined || values.language === language);
}

const browser = await startBrowser();
try {
  for (const cast of chosen()) await takeMailbox(browser, cast);
  if ("entrance".startsWith(values.only.slice(0, 8)) || values.only.startsWith("entrance")) {
    await takeEntrance(browser, { REGISTRATION: "invite", INVITE_SECRET: "x".repeat(32) }, "by-invitation");
    await takeEntrance(browser, { REGISTRATION: "closed" }, "closed");
    await takeEntrance(browser, { AUTH: "jwt", JWT_SECRET: "x".repeat(32) }, "by-token");
    await takeEntrance(browser, { AUTH: "open" }, "open");
  }
} finally {
  await browser.close();
}
