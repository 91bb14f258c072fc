// Messages that failed or wait, as the thread and the list show them. A real browser and a real server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("a message that was refused is sent again once, in the place of the failed one", async () => {
  const { alice, bob } = await fixture.twoContacts();
  await bob.button("Block").click();
  await bob.button("Unblock").waitFor();
  await alice.send("refused");
  await alice.button("Send again").waitFor();
  await bob.button("Unblock").click();
  await bob.composer.waitFor();
  await alice.button("Send again").dblclick();
  await alice.sees("refused", "Read");
  expect(await alice.button("Send again").count()).toBe(0);
  expect(await alice.texts()).toEqual(["hello", "hi", "refused"]);
  expect(await bob.texts()).toEqual(["hello", "hi", "refused"]);
  await alice.page.reload();
  await alice.sees("refused");
  expect(await alice.texts()).toEqual(["hello", "hi", "refused"]);
});

test("a message to nobody can be discarded, and the conversation goes with it", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("alice"));
  const nobody = fixture.uniqueName("nobody");
  await user.open(nobody);
  await user.send("is anybody there?");
  await user.button("Discard").click();
  await user.list.getByRole("link", { name: new RegExp(nobody) }).waitFor({ state: "detached" });
  expect(await user.texts()).toEqual([]);
  await user.page.reload();
  await user.untilConnected();
  expect(await user.list.getByRole("link").count()).toBe(0);
});

test("what waits to be sent, and whom one has written to for the first time, are in the list, also after a reload", async () => {
  const { b, alice } = await fixture.twoContacts();
  const c = fixture.uniqueName("carol");
  await alice.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await alice.page.reload();
  await alice.sees("hi");
  await alice.page.context().setOffline(true);
  await alice.page.locator(".banner:not([data-is=open])").waitFor();
  await alice.send("later, bob");
  await alice.open(c);
  await alice.send("nice to meet you");
  const shown = async () => {
    await alice.list
      .getByRole("link", { name: new RegExp(b) })
      .getByText("later, bob")
      .waitFor();
    await alice.list
      .getByRole("link", { name: new RegExp(c) })
      .getByText("nice to meet you")
      .waitFor();
  };
  await shown();
  await alice.untilStored();
  await alice.page.reload();
  await shown();
});
