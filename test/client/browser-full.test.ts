// The store of a browser whose disk is full, played in the page: older messages are still shown, and the reason stays.
// Real Chromium, real IndexedDB, a real server.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { numbered } from "../support/numbered.ts";
import { isOpen, SdkFixture, send } from "../support/sdk-fixture.ts";
import { open } from "../support/tcp-devices.ts";

const fixture = new SdkFixture();

/** Globals of the test page. */
declare const me: Restante;

const storage = (page: Page) => page.evaluate(() => me.storage.value);

/** Records for these object stores find no space from now on. */
const fill = (page: Page, stores: readonly string[]) =>
  page.evaluate((full) => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function limited(value, key) {
      if (full.includes(this.name)) throw new DOMException("no space", "QuotaExceededError");
      return key === undefined ? put.call(this, value) : put.call(this, value, key);
    };
  }, stores);

test("older messages that find no space are shown, and the store lasts", async () => {
  const { alice, bob } = fixture.names();
  const phone = await open(fixture.server.url, bob);
  phone.send(...numbered(3, "before").map((body, i) => ({ type: "send", id: i + 1, to: alice, body })));
  await phone.take("accepted", 3);
  const context = await fixture.newContext();
  const page = await fixture.emptyTab(context);
  await fixture.enter(page, alice, "now");
  await isOpen(page);
  await fill(page, ["past"]);
  const shown = await page.evaluate(async (peer) => {
    const thread = me.messages.with(peer);
    await thread.older();
    return thread.value.map(({ body }) => body);
  }, bob);
  expect(shown).toEqual(numbered(3, "before"));
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: fixture.origin, storageTypes: "indexeddb" });
  await send(page, bob, ["after"]);
  expect(await storage(page)).toEqual({ is: "durable" });
});

test("a full disk is the reason also where the database can't be opened again", async () => {
  const { alice, bob } = fixture.names();
  const page = await fixture.tab(await fixture.newContext(), alice);
  await isOpen(page);
  await fill(page, ["drafts"]);
  await page.evaluate(() => {
    // It is blocked by a database that another tab holds.
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  });
  await send(page, bob, ["hello"]);
  expect(await storage(page)).toEqual({ is: "memory", reason: "full" });
  const phone = await open(fixture.server.url, bob);
  expect((await phone.take("message", 1)).map(({ body }) => body)).toEqual(["hello"]);
});
