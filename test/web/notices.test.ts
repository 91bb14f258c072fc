// The line with a notice of the account: it shows each notice that was not seen, the oldest first.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("[A13] notices are dismissed one at a time, the oldest first, and one of a later version has a sentence in the page's language", async () => {
  const name = fixture.uniqueName("nils");
  const user = await fixture.newUser();
  await user.claim(name);
  const latest = [
    { seq: 1_001, code: "new_passkey", message: "A passkey was added.", at: 1 },
    { seq: 1_002, code: "moved_house", message: "A sentence of the server.", at: 2 },
  ];
  await user.page.evaluate(
    ([key = "", json = ""]) => localStorage.setItem(key, json),
    [`restante notices ${name}`, JSON.stringify({ seen: 1_000, latest })],
  );
  await user.page.reload();
  const line = user.page.locator(".account-notice");
  await line.getByText("A passkey was added.").waitFor();
  await line.getByRole("button", { name: "Dismiss" }).click();
  await line.getByText("Something about your account has changed.").waitFor();
  expect(await user.page.getByText("A sentence of the server.").count()).toBe(0);
  await line.getByRole("button", { name: "Dismiss" }).click();
  await line.waitFor({ state: "detached" });
  await user.page.reload();
  await user.untilConnected();
  expect(await line.count()).toBe(0);
  expect(user.errors).toEqual([]);
});
