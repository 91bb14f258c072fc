// How messages look: close together, with the time on the last line, groups with one tail, ticks that differ, days that
// stay in sight, code, links and large emoji.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { contrastOf } from "../support/contrast.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

/** The boxes of all bubbles, and of the text and the time in each. */
const boxesOf = ({ messages }: PageUser) =>
  messages.evaluateAll(async (all) => {
    // A new bubble rises.
    await Promise.all(all.flatMap((bubble) => bubble.getAnimations()).map(({ finished }) => finished));
    return all.map((bubble) => {
      const boxOf = (selector: string) =>
        (bubble.querySelector(selector) ?? bubble).getBoundingClientRect().toJSON() as DOMRect;
      const tail = getComputedStyle(bubble, "::after").content !== "none";
      return { box: boxOf("nothing"), text: boxOf(".text"), when: boxOf(".when"), tail };
    });
  });

test("short messages are one line high, two pixels apart in a group and ten between groups, with a tail at the end", async () => {
  const { alice, bob } = await fixture.twoContacts();
  await alice.send("one", "two");
  await bob.sees("two");
  await bob.send("three");
  await alice.sees("three");
  await alice.sees("two", "Read");
  const boxes = await boxesOf(alice);
  expect(boxes.length).toBe(5);
  for (const { box, text, when } of boxes) {
    expect(box.height).toBeLessThanOrEqual(34);
    expect(when.bottom).toBeLessThanOrEqual(box.bottom);
    expect(when.top).toBeLessThan(text.bottom);
    expect(when.left).toBeGreaterThanOrEqual(text.right);
  }
  const gaps = boxes.slice(1).map(({ box }, i) => Math.round(box.top - (boxes[i]?.box.bottom ?? 0)));
  expect(gaps).toEqual([10, 10, 2, 10]);
  expect(boxes.map(({ tail }) => tail)).toEqual([true, true, false, true, true]);
});

test("where the last line is full, the time is on a line of its own, inside the bubble", async () => {
  const { b, alice, bob } = await fixture.twoUsers();
  await alice.open(b);
  await alice.send("W".repeat(400));
  await alice.sees("WWW", "Sent");
  await bob.list.getByRole("link").click();
  for (const user of [alice, bob]) {
    const [first] = await boxesOf(user);
    expect(first?.when.right).toBeLessThanOrEqual(first?.box.right ?? 0);
    expect(first?.when.bottom).toBeLessThanOrEqual(first?.box.bottom ?? 0);
  }
});

test.each(["light", "dark"] as const)(
  "in %s colours Read is not Delivered, and both can be seen",
  async (colorScheme) => {
    const { b, bob } = await fixture.twoUsers();
    const carol = await fixture.newUser({ colorScheme });
    await carol.claim(fixture.uniqueName("carol"));
    await carol.open(b);
    await carol.send("first");
    await bob.list.getByRole("link").click();
    await bob.send("hello");
    await carol.sees("first", "Read");
    await bob.page.goto(`${fixture.url}/#/`);
    await carol.send("second");
    await carol.sees("second", "Delivered");
    const [read, delivered] = ["first", "second"].map((hasText) =>
      carol.messages.filter({ hasText }).locator(".when .icon"),
    );
    if (read === undefined || delivered === undefined) throw new Error("no ticks");
    const [ofRead, ofDelivered] = [await contrastOf(read, "color"), await contrastOf(delivered, "color")];
    expect(Math.min(ofRead, ofDelivered)).toBeGreaterThanOrEqual(3);
    expect(ofRead / ofDelivered).toBeGreaterThanOrEqual(1.3);
    expect((await read.boundingBox())?.height).toBeGreaterThanOrEqual(14);
    const [blue, grey] = await Promise.all(
      [read, delivered].map((icon) =>
        icon.evaluate((svg) => getComputedStyle(svg).color.match(/\d+/g)?.map(Number) ?? []),
      ),
    );
    const saturation = (color: number[] = []) => Math.max(...color) - Math.min(...color);
    expect(saturation(blue)).toBeGreaterThan(3 * saturation(grey));
  },
);

test("a day is Today, its chip stays in sight while its messages are scrolled, and the sender is read before the text", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await alice.send(...Array.from({ length: 40 }, (_, i) => `line ${i}`));
  await bob.sees("line 39");
  const chip = bob.page.locator(".day");
  expect(await chip.allTextContents()).toEqual(["Today"]);
  const log = bob.page.getByRole("log");
  const top = (await log.boundingBox())?.y ?? 0;
  for (const scrolled of [0, -300, -600]) {
    await log.evaluate((box, to) => box.scrollTo({ top: to }), scrolled);
    await expect.poll(async () => ((await chip.boundingBox())?.y ?? 0) - top).toBeLessThan(16);
    expect(((await chip.boundingBox())?.y ?? 0) - top).toBeGreaterThanOrEqual(0);
  }
  expect(await bob.messages.filter({ hasText: "line 7" }).textContent()).toMatch(new RegExp(`^${a} says: line 7`));
});

test("links are found, code has a fixed width, and emoji alone are large", async () => {
  const { alice, bob } = await fixture.twoContacts();
  const text = "见https://example.com/a_(b)，或 `npm test`:\n```sh\nnpm   start\n```";
  await alice.send(text, "🎉👍", "🎉 ok");
  await bob.sees("🎉 ok");
  const link = bob.messages.getByRole("link");
  await link.waitFor();
  expect(await link.evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href))).toEqual([
    "https://example.com/a_(b)",
  ]);
  expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
  const code = bob.messages.locator("code");
  expect(await code.allTextContents()).toEqual(["npm test", "npm   start"]);
  expect(await code.first().evaluate((one) => getComputedStyle(one).fontFamily)).toContain("monospace");
  const sizes = await bob.messages
    .locator(".text")
    .evaluateAll((all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize)));
  expect(sizes.slice(-2).map((size) => size > 30)).toEqual([true, false]);
});

test("without the file that finds links the text is shown, and nothing fails", async () => {
  const { b: a, bob: alice } = await fixture.twoUsers();
  const bob = await fixture.newUser({ serviceWorkers: "block" });
  const b = fixture.uniqueName("bob");
  await bob.claim(b);
  await alice.open(b);
  await bob.open(a);
  await bob.page.route("**/links.js", (route) => route.abort());
  const asked = bob.page.waitForEvent("requestfailed", (request) => request.url().endsWith("/links.js"));
  await alice.send("https://example.com/a");
  await asked;
  await bob.sees("https://example.com/a");
  expect(await bob.messages.getByRole("link").count()).toBe(0);
  expect(bob.errors).toEqual([]);
});

test("a message moves in when it comes, not when it is shown again, and not where motion is reduced", async () => {
  const { alice, bob } = await fixture.twoContacts();
  const fresh = () => bob.page.locator(".bubble.fresh .text").allTextContents();
  await alice.send("new");
  await bob.sees("new");
  expect(await fresh()).toContain("new");
  const time = () => bob.messages.last().evaluate((one) => getComputedStyle(one).animationDuration);
  expect(parseFloat(await time())).toBeLessThanOrEqual(0.18);
  expect(parseFloat(await time())).toBeGreaterThanOrEqual(0.12);
  await bob.page.emulateMedia({ reducedMotion: "reduce" });
  expect(parseFloat(await time())).toBe(0);
  await bob.page.reload();
  await bob.sees("new");
  expect(await fresh()).toEqual([]);
});
