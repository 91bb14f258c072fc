// The states of one user's page, from the first visit to a server that is gone.
import type { Browser, Page } from "playwright-core";
import { startServer } from "../../test/support/servers.ts";
import { Camera } from "./camera.ts";
import type { Cast } from "./casts.ts";
import { enterMailbox, makeOlder, type Others, playConversations } from "./stage.ts";

interface Scene {
  readonly page: Page;
  readonly url: string;
  readonly cast: Cast;
  take(state: string): Promise<void>;
  /** Opens a conversation. */
  show(name: string): Promise<void>;
  /** Writes in the open conversation. */
  write(text: string): Promise<void>;
}

export async function takeMailbox(browser: Browser, cast: Cast, only: string): Promise<void> {
  const server = await startServer({ RATE_LIMIT: "off" });
  const context = await browser.newContext({ locale: cast.locale, permissions: ["clipboard-write"] });
  const page = await context.newPage();
  const camera = new Camera(cast.language, only);
  const scene: Scene = {
    page,
    url: server.url,
    cast,
    take: (state) => camera.take(page, state),
    show: async (name) => {
      await page.goto(`${server.url}/#/${encodeURIComponent(name)}`);
      await page.locator(".composer, .notice").first().waitFor();
    },
    write: async (text) => {
      await page.locator(".composer textarea").fill(text);
      await page.locator(".composer button[type=submit]").click();
    },
  };
  try {
    await takeFirstVisit(scene);
    await takeEmptyMailbox(scene);
    const others = await playConversations(scene);
    await makeOlder(page, server.url);
    await takeList(scene);
    await takeConversation(scene, others);
    await takeStrangers(scene);
    await takeAccount(scene);
    await Promise.all(Object.values(others).map((one) => one.close()));
    await server.kill();
    await takeOffline(scene);
  } finally {
    await context.close();
    await server.stop();
  }
}

async function takeFirstVisit({ page, url, take }: Scene): Promise<void> {
  await page.route("**/page.js", (route) => route.abort());
  await page.goto(url);
  await take("01-before-the-script");
  await page.unroute("**/page.js");
  await page.goto(url);
  const ways = page.locator(".entrance button");
  await ways.first().waitFor();
  await take("02-entrance");
  const count = await ways.count();
  for (let way = 0; way < Math.min(count, 3); way++) {
    await ways.nth(way).click();
    await page.locator(".entrance form").first().waitFor();
    await take(`03-way-in-${way + 1}`);
    await page.goto("about:blank");
    await page.goto(url);
    await ways.first().waitFor();
  }
}

async function takeEmptyMailbox({ page, url, cast, take }: Scene): Promise<void> {
  await enterMailbox(page, url, cast.me);
  await page.locator(".empty").waitFor();
  await take("10-no-chats");
  // One is beside the list, and one in it for phones.
  for (const button of await page.locator(".invitation [aria-expanded]").all())
    await button.evaluate((element: HTMLElement) => element.click());
  await page.locator(".qr path[d^=M]").first().waitFor({ state: "attached" });
  await take("11-invitation");
}

async function takeList({ page, url, cast, take }: Scene): Promise<void> {
  await page.goto(`${url}/#/`);
  await page.locator(".item").first().waitFor();
  await page.locator(".banner[data-is=open]").waitFor({ state: "attached" });
  await take("20-list");
  const queries = { found: cast.stranger, "bad-name": "a b", "new-chat": "newfriend" };
  for (const [state, query] of Object.entries(queries)) {
    await page.locator("input[type=search]").fill(query);
    await take(`21-search-${state}`);
  }
  await page.locator("input[type=search]").fill("");
}

async function takeConversation({ page, cast, show, take }: Scene, { friend }: Others): Promise<void> {
  const field = page.locator(".composer textarea");
  await show(cast.friend);
  await page.locator(".bubble").first().waitFor();
  await take("30-conversation");
  await field.fill(cast.draft.repeat(12));
  await take("31-long-draft");
  await field.fill(cast.draft);
  await page.locator(".scroll").evaluate((box) => box.scrollTo({ top: -700 }));
  await take("32-scrolled");
  await show(cast.me);
  await page.locator(".bubble").first().waitFor();
  await take("33-note-to-self-and-a-draft");
  await show(cast.friend);
  friend.typing(cast.me);
  await page.locator(".about").getByText("…").waitFor();
  await take("34-typing");
}

async function takeStrangers({ page, cast, show, write, take }: Scene): Promise<void> {
  await show(cast.stranger);
  await page.locator(".notice").waitFor();
  await take("36-request");
  await show("nobody-has-this-name");
  await write(cast.draft);
  await page.locator(".bubble .problem").waitFor();
  await take("37-failed");
  await show(cast.blocked);
  await page.locator(".about > .quiet:not(.back)").click();
  await page.locator(".notice").waitFor();
  await take("38-blocked");
}

async function takeAccount({ page, cast, show, take }: Scene): Promise<void> {
  await show(cast.friend);
  await page.locator(".self button").evaluate((button: HTMLElement) => button.click());
  await page.locator("dialog .part").nth(3).waitFor();
  await take("40-account");
  await page.locator("dialog").evaluate((dialog) => dialog.scrollTo({ top: dialog.scrollHeight }));
  await take("41-account-end");
  await page.keyboard.press("Escape");
}

async function takeOffline({ page, url, cast, write, take }: Scene): Promise<void> {
  await page.locator(".banner .line").waitFor();
  await write(cast.draft);
  await take("50-offline");
  await page.goto(`${url}/#/`);
  await take("51-offline-list");
}
