// How the list looks and reads: unread rows, drafts, waiting messages, presence, the conversation with oneself, an empty
// list, a search without a hit, and the calendar that its times follow.
import { expect, test } from "vitest";
import { encode } from "uqr";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("a row with unread messages is bold, and reads name, presence, time, text and count in this order", async () => {
  const { a, alice, bob } = await fixture.twoContacts();
  await bob.page.goto(`${fixture.url}/#/`);
  await alice.send("see you");
  const row = bob.list.getByRole("link", { name: new RegExp(a) });
  await row.getByText("1 unread").waitFor();
  await row.getByText("(online)").waitFor({ state: "attached" });
  const weights = await row
    .locator(".name, .last")
    .evaluateAll((all) => all.map((one) => Number(getComputedStyle(one).fontWeight)));
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(600);
  expect(await row.textContent()).toMatch(new RegExp(`^A?${a} \\(online\\) .*see you.*1 unread$`));
  await row.click();
  await row.getByText("1 unread").waitFor({ state: "detached" });
  expect(await row.locator(".name").evaluate((one) => Number(getComputedStyle(one).fontWeight))).toBeLessThan(600);
});

test("a row shows what waits to be sent, what was not sent, and while the other one types nothing else", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  const row = bob.list.getByRole("link", { name: new RegExp(a) });
  await row.getByRole("img", { name: "Read" }).waitFor();
  expect(await row.locator(".last").textContent()).toBe("Read You: hi");
  await bob.page.context().setOffline(true);
  await bob.page.getByText("You're offline.", { exact: false }).waitFor();
  await bob.send("waits");
  await row.getByRole("img", { name: "Waiting to be sent" }).waitFor();
  await bob.composer.fill("half a sent");
  await bob.page.goto(`${fixture.url}/#/`);
  await row.getByText("Draft:").waitFor();
  expect(await row.locator(".last").textContent()).toBe("Draft: half a sent");
  await bob.page.context().setOffline(false);
  await bob.untilConnected();
  await alice.sees("waits");
  await alice.composer.pressSequentially("m");
  await row.getByText("typing…").waitFor();
  expect(await row.locator(".last").textContent()).toBe("typing…");
  expect(await row.getByRole("img").count()).toBe(0);
  await alice.composer.fill("");
  expect(await alice.list.getByRole("link", { name: new RegExp(b) }).textContent()).toContain("waits");
});

test("the list has the beginning of a long message alone", async () => {
  const { b, alice, bob } = await fixture.twoUsers();
  await alice.open(b);
  await alice.send("0123456789".repeat(6_000));
  const row = bob.list.getByRole("link");
  await row.getByText("0123456789…").waitFor();
  expect(((await row.textContent()) ?? "").length).toBeLessThan(300);
});

test("the conversation with oneself is a note, found by that title", async () => {
  const a = fixture.uniqueName("alice");
  const alice = await fixture.newUser();
  await alice.claim(a);
  await alice.page.getByRole("searchbox").fill(a);
  await alice.page.getByRole("searchbox").press("Enter");
  await alice.page.getByRole("heading", { name: "Note to self" }).waitFor();
  expect(await alice.page.getByRole("button", { name: "Block" }).count()).toBe(0);
  await alice.send("milk");
  await alice.sees("milk");
  await alice.page.getByRole("searchbox").fill("note");
  const row = alice.list.getByRole("link", { name: /Note to self/ });
  await row.waitFor();
  expect(await row.locator(".last").textContent()).toMatch(/ milk$/);
});

test("an empty list has the user's name, a link to copy, and the link as a QR code", async () => {
  const a = fixture.uniqueName("alice");
  const alice = await fixture.newUser({ permissions: ["clipboard-read", "clipboard-write"] });
  await alice.claim(a);
  await alice.list.getByText("No chats yet").waitFor();
  const link = `${fixture.url}/#/${a}`;
  const { page } = alice;
  await page.getByRole("main").getByRole("button", { name: "Copy invite link" }).click();
  await page.getByRole("main").getByText("Copied.", { exact: false }).waitFor();
  await page.getByRole("main").getByRole("button", { name: "QR code" }).click();
  const path = page
    .getByRole("main")
    .getByRole("img", { name: `QR code of ${link}` })
    .locator("path[d^=M]");
  await path.waitFor({ state: "attached" });
  const squares = (await path.getAttribute("d"))?.split("M").length ?? 0;
  expect(squares - 1).toBe(encode(link, { ecc: "M", border: 3 }).data.flat().filter(Boolean).length);
  // A visitor of the link is in the conversation, once signed in.
  const bob = await fixture.newUser({}, link);
  await bob.claim(fixture.uniqueName("bob"));
  await bob.page.getByRole("heading", { name: a, exact: true }).waitFor();
});

test("a search without a hit says why, and a name that may exist can be written to", async () => {
  const { b, alice } = await fixture.twoContacts();
  const search = alice.page.getByRole("searchbox");
  await search.fill("two words");
  await alice.list.getByText("No chat with “two words”").waitFor();
  await alice.list.getByText("No spaces.", { exact: false }).waitFor();
  await search.fill("system");
  await alice.list.getByText("This name isn't available.").waitFor();
  await search.fill(`${b}x`);
  await alice.list.getByRole("link", { name: `Message ${b}x` }).waitFor();
});

test("until the server has answered, an empty list is loading, and offline it is not said to be empty", async () => {
  // A service worker's requests can't be held back.
  const alice = await fixture.newUser({ serviceWorkers: "block" });
  await alice.claim(fixture.uniqueName("alice"));
  const empty = alice.list.getByText("No chats yet");
  await empty.waitFor();
  // The connection opens, and the answer to the question is held back.
  let answer = () => {};
  const held = new Promise<void>((done) => (answer = done));
  await alice.page.route("**/api/settings*", async (route) => {
    await held;
    await route.continue();
  });
  await alice.page.reload();
  await alice.untilConnected();
  await alice.list.getByText("Loading your chats…").waitFor();
  expect(await empty.count()).toBe(0);
  answer();
  await empty.waitFor();
});

test("times follow midnight and the time zone, without a reload", async () => {
  const { alice, bob } = await fixture.twoUsers();
  const carol = await fixture.newUser();
  const session = await carol.page.context().newCDPSession(carol.page);
  await session.send("Emulation.setTimezoneOverride", { timezoneId: "Europe/Berlin" });
  await carol.page.clock.install({ time: new Date() });
  await carol.page.reload();
  const c = fixture.uniqueName("carol");
  await carol.claim(c);
  await alice.open(c);
  await alice.send("hello");
  await bob.open(c);
  await bob.send("hello too");
  const times = carol.list.locator(".item time");
  await times.nth(1).waitFor();
  await carol.list.getByRole("link").first().click();
  await carol.sees("hello too");
  const inBerlin = await times.first().textContent();
  await session.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Tokyo" });
  await carol.page.clock.runFor(60_000);
  await expect.poll(() => times.first().textContent()).not.toBe(inBerlin);
  await carol.page.clock.setSystemTime(Date.now() + 86_400_000);
  await carol.page.clock.runFor(60_000);
  await expect.poll(() => times.allTextContents()).toEqual(["Yesterday", "Yesterday"]);
  expect(await carol.page.locator(".day").allTextContents()).toEqual(["Yesterday"]);
});
