// Layout by content: long names on a narrow phone, a font of double size, and what is seen before the script has run.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { startBrowser } from "../support/browser.ts";
import { contrastOf } from "../support/contrast.ts";
import { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();
let largeFont: Browser;

beforeAll(async () => {
  largeFont = await startBrowser(["--blink-settings=defaultFontSize=32"]);
});

afterAll(() => largeFont.close());

/** The elements that reach beyond the screen, and are not cut by what they are in. */
const tooWide = ({ page }: PageUser) =>
  page.evaluate(() =>
    [...document.querySelectorAll("#app *, dialog *")]
      .filter((one) => !one.closest(".spoken, .scroll ol, .icon") && one.getClientRects().length > 0)
      .filter((one) => {
        const { left, right } = one.getBoundingClientRect();
        const parent = one.parentElement;
        const isCut =
          parent !== null &&
          getComputedStyle(parent).overflowX !== "visible" &&
          parent.getBoundingClientRect().right <= innerWidth;
        return (right > innerWidth + 1 || left < -1) && !isCut;
      })
      .map((one) => one.outerHTML.slice(0, 120)),
  );

/** Buttons of one word that have it on several lines: a word is broken. */
const brokenWords = ({ page }: PageUser) =>
  page.getByRole("button").evaluateAll((buttons) =>
    buttons
      .filter(({ textContent }) => /^\S+$/.test(textContent?.trim() ?? ""))
      .filter((button) => {
        const range = document.createRange();
        range.selectNodeContents(button);
        const lines = new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom)));
        return lines.size > 1;
      })
      .map(({ textContent }) => textContent),
  );

/** Whether the whole element can be seen. */
const isInSight = ({ page }: PageUser, selector: string) =>
  page.locator(selector).evaluate((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
  });

test("names of 64 letters fit on a phone of 320 px: in the list, the head, a request, the field and the account", async () => {
  const phone = await fixture.newUser({ viewport: { width: 320, height: 560 }, reducedMotion: "reduce" });
  const me = fixture.uniqueName("m".repeat(60));
  await phone.claim(me);
  const stranger = await fixture.newUser();
  const name = fixture.uniqueName("w".repeat(60));
  await stranger.claim(name);
  await stranger.open(me);
  await stranger.send("hello");
  const row = phone.list.getByRole("link");
  await row.waitFor();
  expect(await tooWide(phone)).toEqual([]);
  await row.click();
  await phone.button("Accept").waitFor();
  expect(await tooWide(phone)).toEqual([]);
  const height = (await phone.composer.boundingBox())?.height ?? 0;
  expect(height).toBeLessThan(50);
  expect((await phone.button("Send").boundingBox())?.height).toBe(height);
  await phone.button("Back").click();
  await phone.account.click();
  await phone.page.getByLabel("Display name").waitFor();
  expect(await tooWide(phone)).toEqual([]);
  expect(await brokenWords(phone)).toEqual([]);
});

test("with a font of double size everything on a phone can be reached", async () => {
  const { b, bob } = await fixture.twoUsers();
  const phone = await PageUser.inNewContext(largeFont, fixture.url, {
    viewport: { width: 390, height: 844 },
    reducedMotion: "reduce",
  });
  expect(await phone.page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("32px");
  expect(await tooWide(phone)).toEqual([]);
  await phone.claim(fixture.uniqueName("phone"));
  await phone.list.getByText("No chats yet").waitFor();
  expect(await tooWide(phone)).toEqual([]);
  await phone.open(b);
  await phone.send("hello", "a text of several words, so that it has more than one line");
  await bob.list.getByRole("link").waitFor();
  expect(await tooWide(phone)).toEqual([]);
  for (const selector of [".composer textarea", ".composer button", ".back", ".about > .quiet:not(.back)"])
    expect(await isInSight(phone, selector), selector).toBe(true);
  await phone.button("Back").click();
  expect(await isInSight(phone, ".self button")).toBe(true);
  expect(await isInSight(phone, "input[type=search]")).toBe(true);
});

test("with a font of double size the way in and the account fit on a screen of 320 px", async () => {
  const phone = await PageUser.inNewContext(largeFont, fixture.url, {
    viewport: { width: 320, height: 560 },
    reducedMotion: "reduce",
  });
  expect(await tooWide(phone)).toEqual([]);
  await phone.claim(fixture.uniqueName("phone"));
  await phone.account.click();
  const dialog = phone.page.getByRole("dialog");
  await dialog.getByText("Chrome, Linux").waitFor();
  await phone.button("Link a device").click();
  await phone.page.getByLabel("Code for the other device").waitFor();
  expect(await tooWide(phone)).toEqual([]);
  expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
  // The texts have room: no column is as narrow as a letter.
  const narrow = await dialog
    .locator("dd, li > span, .switch > span")
    .evaluateAll((boxes) =>
      boxes.filter((box) => box.getBoundingClientRect().width < 64).map((box) => box.textContent),
    );
  expect(narrow).toEqual([]);
});

test("before the script has run there is the logo and the name, and nothing of the way in", async () => {
  const visitor = await fixture.newUser();
  await visitor.page.route("**/page.js", (route) => route.abort());
  await visitor.page.goto(fixture.url);
  await visitor.page.getByText("Restante").waitFor();
  expect(await visitor.page.locator(".logo").isVisible()).toBe(true);
  expect(await visitor.page.locator("form").count()).toBe(0);
  await visitor.page.unroute("**/page.js");
  await visitor.page.goto(fixture.url);
  await visitor.page.getByText("Messages that wait for you.").waitFor();
  expect(await visitor.page.getByText("Restante").count()).toBe(1);
});

test.each(["light", "dark"] as const)(
  "in %s colours fields have a border of 3 : 1 and placeholders of 4.5 : 1",
  async (colorScheme) => {
    const { b } = await fixture.twoUsers();
    const carol = await fixture.newUser({ colorScheme });
    await carol.button("I'm new").click();
    expect(await contrastOf(carol.userName, "border-top-color")).toBeGreaterThanOrEqual(3);
    await carol.page.reload();
    await carol.claim(fixture.uniqueName("carol"));
    await carol.open(b);
    for (const field of [carol.page.getByRole("searchbox"), carol.composer]) {
      expect(await contrastOf(field, "border-top-color")).toBeGreaterThanOrEqual(3);
      expect(await contrastOf(field, "color", "::placeholder")).toBeGreaterThanOrEqual(4.5);
    }
    await carol.composer.focus();
    const ring = await carol.composer.evaluate((field) => {
      const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(field);
      return [outlineStyle, outlineWidth, outlineOffset];
    });
    // On the border: one line, not two.
    expect(ring).toEqual(["solid", "2px", "-1px"]);
  },
);
