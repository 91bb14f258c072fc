// The search field of the list: which conversation Enter opens.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();

test("Enter opens the conversation of the exact name, also where a pinned one begins with it, else the first row", async () => {
  const user = await fixture.newUser();
  await user.claim(fixture.uniqueName("alice"));
  const name = fixture.uniqueName("bob");
  const longer = `${name}by`;
  for (const peer of [longer, name]) {
    await user.open(peer);
    await user.send("hello");
    await user.list.getByRole("link").getByText(peer, { exact: true }).waitFor();
  }
  const search = user.page.getByRole("searchbox");
  const rows = user.list.getByRole("link");
  const enter = async (typed: string, opened: string) => {
    await search.fill(typed);
    await search.press("Enter");
    await user.page.getByRole("heading", { name: opened, exact: true }).waitFor();
  };
  await enter(longer, longer);
  await user.choose("Pin to top");
  await rows.first().getByRole("img", { name: "Pinned" }).waitFor();
  await enter(name, name);
  // No name begins like this: there is nobody to begin with.
  await enter(name.slice(name.indexOf("-")), longer);
  await search.fill(name);
  expect(await rows.first().textContent()).not.toContain(longer);
});
