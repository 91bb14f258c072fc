// How much of the page is drawn again when a message comes: what has changed, and not every row and every message.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

/** A new user who writes to `to`. */
async function writeAsNew(name: string, to: string): Promise<void> {
  const post = async (path: string, body: unknown, token?: string) => {
    const headers = {
      "Content-Type": "application/json",
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const response = await fetch(fixture.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as { token: string };
  };
  const { token } = await post("/api/accounts", { userName: name });
  await post("/api/messages", { to, body: `this is ${name}` }, token);
}

test("a message draws its row and itself, and none of the other rows and messages", async () => {
  const { b, alice, bob } = await fixture.twoContacts();
  for (let i = 0; i < 20; i++) await writeAsNew(fixture.uniqueName("friend"), b);
  await bob.page.waitForFunction(() => document.querySelectorAll(".list li").length === 21);
  await alice.send(...Array.from({ length: 20 }, (_, i) => `before ${i}.`));
  await bob.sees("before 19.");
  await alice.sees("before 19.", "Read");
  await bob.page.evaluate(() => {
    const times = { shown: 0 };
    Object.assign(globalThis, { times });
    const { get } = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format") ?? {};
    Object.defineProperty(Intl.DateTimeFormat.prototype, "format", {
      // Each row and each message shows a time, and asks for this function to do so.
      get(this: Intl.DateTimeFormat) {
        times.shown++;
        return get?.call(this) as unknown;
      },
    });
  });
  await alice.send("this one");
  await bob.sees("this one");
  await alice.sees("this one", "Read");
  const { shown } = await bob.page.evaluate(() => (globalThis as unknown as { times: { shown: number } }).times);
  expect(shown).toBeGreaterThan(0);
  expect(shown).toBeLessThan(15);
});
