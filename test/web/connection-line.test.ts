// The line of the connection: one line of fixed height above the list and the conversation, on phones too, that does not
// change with each attempt.
import { expect, onTestFinished, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { startServer } from "../support/servers.ts";

const fixture = new BrowserFixture();

test("without a server the line is there once, as high and with the same text after each attempt, also in a phone's conversation", async () => {
  const mortal = await startServer({ RATE_LIMIT: "off" });
  onTestFinished(() => mortal.stop());
  const { b } = await fixture.twoUsers(mortal.url);
  const phone = await fixture.newUser({ viewport: { width: 320, height: 640 } }, mortal.url);
  await phone.claim(fixture.uniqueName("phone"));
  await phone.open(b);
  await phone.page.evaluate(() => {
    const banner = document.querySelector(".banner");
    const [texts, heights, states]: [string[], number[], string[]] = [[], [], []];
    Object.assign(globalThis, { texts, heights, states });
    if (banner === null) return;
    new MutationObserver(() => {
      texts.push(banner.textContent);
      heights.push(Math.round(banner.getBoundingClientRect().height));
      states.push(banner.getAttribute("data-is") ?? "");
    }).observe(banner, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await mortal.kill();
  const line = phone.page.getByRole("status").filter({ hasText: "You're offline." });
  await line.waitFor();
  expect(await line.isVisible()).toBe(true);
  await phone.page.waitForFunction(() => {
    const { states } = globalThis as unknown as { states: string[] };
    return states.filter((is, i) => is === "connecting" && states[i + 1] === "waiting").length >= 2;
  });
  const seen = await phone.page.evaluate(() => {
    const { texts, heights } = globalThis as unknown as { texts: string[]; heights: number[] };
    return { texts, heights };
  });
  expect(new Set(seen.texts).size).toBe(1);
  expect(new Set(seen.heights)).toEqual(new Set([40]));
  await mortal.restart();
  await phone.button("Try again").click();
  await phone.untilConnected();
  await line.waitFor({ state: "detached" });
});
