// The part of a long conversation that is drawn, as the user scrolls and as messages come and go. A real browser and a
// real server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";
import { sendMany } from "../support/send-many.ts";

const fixture = new BrowserFixture();

const lastText = ({ messages }: PageUser) => messages.last().locator(".text").textContent();

/** Deletes a message for this user, by its text, from another device. */
async function remove(user: PageUser, name: string, peer: string, text: string): Promise<void> {
  const status = await user.page.evaluate(
    async ([own, other, body]) => {
      const address = `/api/conversations/${other}/messages`;
      for (let before = ""; ;) {
        const page = await (await fetch(`${address}?user=${own}&limit=200${before}`)).json();
        const { messages } = page as { readonly messages: readonly { readonly seq: number; readonly body: string }[] };
        const found = messages.find((one) => one.body === body);
        if (found !== undefined)
          return (await fetch(`${address}/${found.seq}?user=${own}`, { method: "DELETE" })).status;
        before = `&before=${messages[0]?.seq}`;
      }
    },
    [name, peer, text] as const,
  );
  expect(status).toBe(204);
}

test("where the last drawn message is deleted elsewhere, the one before it is the last one", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await sendMany(alice, a, b, 320);
  await bob.sees("number 1.");
  await bob.page.locator(".to-newest").getByText(/^\d+$/).waitFor();
  const last = (await lastText(bob)) ?? "";
  expect(last).not.toBe("number 320.");
  await remove(bob, b, a, last);
  await bob.messages.filter({ hasText: last }).waitFor({ state: "detached" });
  expect(await lastText(bob)).toBe(`number ${Number(last.match(/\d+/)?.[0]) - 1}.`);
});

test("a message rises when it comes, and not when it is drawn again", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  await sendMany(alice, a, b, 320);
  await bob.sees("number 1.");
  const button = bob.page.locator(".to-newest");
  await button.click();
  await bob.sees("number 320.");
  await button.waitFor({ state: "detached" });
  await alice.send("rises");
  const newest = bob.messages.filter({ hasText: "rises" });
  await newest.waitFor();
  const looks = () => newest.getAttribute("class");
  expect(await looks()).toContain("fresh");
  await expect
    .poll(async () => {
      await bob.page.getByRole("log").evaluate((box) => box.scrollTo({ top: -box.scrollHeight }));
      return newest.count();
    })
    .toBe(0);
  await button.click();
  await newest.waitFor();
  expect(await looks()).not.toContain("fresh");
});
