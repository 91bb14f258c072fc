// Messaging on the page, in a real browser and with a real server with accounts.
import { expect, onTestFinished, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { startServer } from "../support/servers.ts";
import { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

test("a stranger writes and is accepted, and both users see the states of their messages", async () => {
  const { a, b, alice, bob } = await fixture.twoUsers();
  await alice.open(b);
  await alice.send("你好，世界 🚀👩‍👩‍👧");
  await alice.sees("你好", "Sent");
  await bob.list.getByRole("heading", { name: "Requests" }).waitFor();
  await bob.list.getByText("1 unread").waitFor();
  await bob.untilTitle("(1) Restante");
  await bob.list.getByRole("link", { name: new RegExp(a) }).click();
  await bob.page.getByText(`${a} wants to chat.`, { exact: false }).waitFor();
  await bob.sees("你好，世界 🚀👩‍👩‍👧");
  await bob.button("Accept").click();
  await alice.sees("你好", "Read");
  await alice.page.locator(".about").getByText("online").waitFor();
  await bob.composer.pressSequentially("m");
  await alice.page.locator(".about").getByText("typing…").waitFor();
  await bob.composer.fill("مرحبا\nzwei Zeilen");
  await bob.composer.press("Enter");
  await alice.sees("مرحبا");
  const both = ["你好，世界 🚀👩‍👩‍👧", "مرحبا\nzwei Zeilen"];
  expect(await alice.texts()).toEqual(both);
  expect(await bob.texts()).toEqual(both);
  await bob.untilTitle("Restante");
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

test("a blocked user's messages fail, until the user is unblocked", async () => {
  const { b, alice, bob } = await fixture.twoContacts();
  await bob.block();
  await bob.page.getByText("You won't get their messages.", { exact: false }).waitFor();
  await alice.send("are you angry?");
  await alice.sees("are you angry?", `Not delivered. ${b} hasn't accepted your messages.`);
  await bob.button("Unblock").click();
  await bob.composer.waitFor();
  await alice.button("Send again").click();
  await bob.sees("are you angry?");
  expect(await bob.texts()).toEqual(["hello", "hi", "are you angry?"]);
});

test("a reload keeps the open conversation, its messages, and the unsent text", async () => {
  const { alice, b } = await fixture.twoContacts();
  await alice.composer.fill("not sent yet");
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
  await alice.sees("hi");
  expect(await alice.composer.inputValue()).toBe("not sent yet");
  expect(await alice.texts()).toEqual(["hello", "hi"]);
  await alice.composer.press("Enter");
  await alice.sees("not sent yet", "Read");
});

test("two devices of one user show the same unread count", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await bob.account.click();
  await bob.button("Link a device").click();
  const code = (await bob.page.locator("output.code").textContent()) ?? "";
  await bob.button("Close").click();
  const tablet = await fixture.newUser();
  await tablet.signIn(b, code);
  await tablet.untilConnected();
  await bob.page.goto(`${fixture.url}/#/`);
  await alice.send("for both devices");
  for (const device of [bob, tablet]) await device.list.getByText("1 unread").waitFor();
  await tablet.list.getByRole("link", { name: new RegExp(a) }).click();
  await tablet.sees("for both devices");
  await bob.list.getByText("1 unread").waitFor({ state: "detached" });
  await alice.sees("for both devices", "Read");
});

test("while the server is down the page shows it, and messages that are written meanwhile arrive once", async () => {
  const mortal = await startServer({ RATE_LIMIT: "off" });
  onTestFinished(() => mortal.stop());
  const { alice, bob } = await fixture.twoContacts(mortal.url);
  await mortal.kill();
  await alice.page.getByText("You're offline.", { exact: false }).waitFor();
  await alice.send("meanwhile", "meanwhile too");
  await alice.sees("meanwhile", "Waiting to be sent");
  await mortal.restart();
  await alice.untilConnected();
  await alice.send("after");
  await bob.sees("after");
  await alice.sees("after", "Read");
  const all = ["hello", "hi", "meanwhile", "meanwhile too", "after"];
  expect(await bob.texts()).toEqual(all);
  expect(await alice.texts()).toEqual(all);
});

test("without a network the page opens with its stored messages, and sends new ones when there is one", async () => {
  const { b, alice, bob } = await fixture.twoContacts();
  await alice.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  // The first visit was before there was a service worker: this one goes through it.
  await alice.page.reload();
  await alice.sees("hi");
  await alice.page.context().setOffline(true);
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
  await alice.sees("hi");
  await alice.page.locator(".banner:not([data-is=open])").waitFor();
  await alice.send("from the tunnel");
  await alice.sees("from the tunnel", "Waiting to be sent");
  await alice.untilStored();
  await alice.page.reload();
  await alice.sees("from the tunnel", "Waiting to be sent");
  await alice.page.context().setOffline(false);
  await alice.sees("from the tunnel", "Read");
  expect(await bob.texts()).toEqual(["hello", "hi", "from the tunnel"]);
  expect(await alice.texts()).toEqual(["hello", "hi", "from the tunnel"]);
});

test("the text of a message is in the field again, if the page is left before the store has the message", async () => {
  const { alice } = await fixture.twoContacts();
  await alice.page.evaluate(async () => {
    const [found] = await indexedDB.databases();
    const opening = indexedDB.open(found?.name ?? "");
    await new Promise((opened) => (opening.onsuccess = opened));
    // As long as this transaction runs, all later ones wait.
    const store = opening.result.transaction(opening.result.objectStoreNames, "readwrite").objectStore("drafts");
    const repeat = () => void (store.count().onsuccess = repeat);
    repeat();
  });
  await alice.send("too early");
  await alice.sees("too early");
  await alice.page.reload();
  await alice.sees("hi");
  expect(await alice.texts()).toEqual(["hello", "hi"]);
  expect(await alice.composer.inputValue()).toBe("too early");
  await alice.composer.press("Enter");
  await alice.sees("too early", "Read");
  await alice.untilStored();
});

/** Texts that would run, frame, fetch or break out, if they were taken as markup. */
const CORPUS = [
  `<img src=x onerror="document.title='run'">`,
  `<script>document.title='run'</script>`,
  `<svg onload=document.title='run'>`,
  `"><iframe srcdoc="<script>parent.document.title='run'</script>">`,
  `javascript:document.title='run'`,
  `https://example.com/"onmouseover="document.title='run'`,
  `https://example.com/<b>x</b>`,
  `{{constructor.constructor("document.title='run'")()}}`,
  "${document.title='run'}",
  `</textarea><script>document.title='run'</script>`,
  "\u202Eevil\u202C \u0000 \uD800",
  `<style>*{display:none}</style>`,
  `<base href="https://evil.test/">`,
  `&lt;script&gt;`,
];

test("every message and name is shown as text: nothing runs, and nothing violates the policy", async () => {
  const { alice, bob } = await fixture.twoContacts();
  for (const { page } of [alice, bob]) {
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => seen.push(violatedDirective));
    });
  }
  await alice.send(...CORPUS);
  await alice.send("the last");
  await bob.sees("the last");
  await bob.composer.fill(CORPUS.join("\n"));
  const stranger = await fixture.newUser();
  await stranger.button("I'm new").click();
  for (const text of CORPUS) {
    await bob.page.getByRole("searchbox").fill(text);
    await stranger.userName.fill(text);
    await stranger.button("Create account").click();
    await stranger.page.getByRole("alert").getByText("Use letters, digits", { exact: false }).waitFor();
  }
  expect(stranger.errors).toEqual([]);
  for (const { page, errors } of [alice, bob]) {
    expect(await page.title()).toBe("Restante");
    expect(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)).toEqual([]);
    expect(errors).toEqual([]);
  }
  expect(await bob.page.locator("img, iframe, .bubble script, .bubble svg[onload]").count()).toBe(0);
  const links = await bob.messages.locator("a").evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
  expect(links.every((link) => /^https:\/\/(example\.com|evil\.test)\//.test(link))).toBe(true);
});

test("three tabs of one browser are one device: all show every message, and when the connected one is closed another one connects", async () => {
  const { alice, bob } = await fixture.twoContacts();
  const context = bob.page.context();
  const tabs = [
    bob,
    await PageUser.inNewTab(context, bob.page.url()),
    await PageUser.inNewTab(context, bob.page.url()),
  ];
  await alice.send("to all tabs");
  for (const tab of tabs) await tab.sees("to all tabs");
  await bob.page.close();
  await alice.send("to those that are left");
  for (const tab of tabs.slice(1)) {
    await tab.sees("to those that are left");
    expect(await tab.texts()).toEqual(["hello", "hi", "to all tabs", "to those that are left"]);
  }
});
