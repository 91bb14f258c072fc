// The end of a session: what the browser removes and what stays, who is shown next, and codes and forms of the user
// before. A real browser and a real server.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { HAS_CODE, PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

/** The answer of a route that this server does not have. */
const GONE = { type: "urn:restante:not_found", code: "not_found", message: "There is nothing here." };

const databases = ({ page }: PageUser) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? "").join(" "));

/** Another device of the user, which signs all others out. */
async function signOutElsewhere(userName: string, code: string): Promise<void> {
  const other = await fixture.newUser();
  await other.signIn(userName, code);
  await other.button("I've saved it").click();
  await other.account.click();
  await other.confirm(other.button("Sign out all other devices"));
  await other.button("I've saved it").waitFor();
}

test("a device that was signed out while its page was closed removes everything when it is opened", async () => {
  const [name, peer] = [fixture.uniqueName("lars"), fixture.uniqueName("peer")];
  const user = await fixture.newUser();
  const code = await user.claim(name);
  await (await fixture.newUser()).claim(peer);
  await user.open(peer);
  await user.send("hello");
  await user.sees("hello");
  await user.composer.fill("a draft");
  await user.page.goto("about:blank");
  await signOutElsewhere(name, code);
  await user.page.goto(fixture.url);
  await user.outside.waitFor();
  await expect.poll(() => databases(user)).not.toContain(name);
  expect(await user.page.evaluate(() => JSON.stringify(localStorage))).not.toContain(name);
});

test("who is signed out after somebody else has signed in in this browser keeps what waits, and the other one is shown", async () => {
  const [name, next] = [fixture.uniqueName("lotte"), fixture.uniqueName("luca")];
  const user = await fixture.newUser();
  const code = await user.claim(name);
  const nextCode = await (await fixture.newUser()).claim(next);
  await user.open(next);
  await user.page.evaluate(
    (body) => fetch("/api/sign-in", { method: "POST", body }),
    JSON.stringify({ userName: next, code: nextCode }),
  );
  await signOutElsewhere(name, code);
  await user.page.getByRole("button", { name: new RegExp(`^Account.*${next}`) }).waitFor();
  expect(await databases(user)).toContain(name);
  expect(user.page.url()).not.toContain(name);
});

test("a recovery code is not shown any more once another tab has signed out", async () => {
  const user = await fixture.newUser();
  const code = await user.create(fixture.uniqueName("lina"));
  const second = await PageUser.inNewTab(user.page.context(), fixture.url);
  await second.untilConnected();
  await second.signOut();
  await user.outside.waitFor();
  expect(await user.page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(code);
});

test("no form is shown before the server has said who is signed in", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("leni"));
  await user.page.evaluate(() => localStorage.removeItem("restante last"));
  let answer = () => {};
  const isHeld = new Promise<void>((done) => (answer = done));
  await user.page.route("**/api/account", async (route) => {
    await isHeld;
    await route.continue();
  });
  const asked = user.page.waitForRequest("**/api/account");
  await user.page.reload();
  await asked;
  await user.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await user.outside.count()).toBe(0);
  answer();
  await user.untilConnected();
});

test("a server that has no accounts any more does not keep a user from signing out", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.claim(fixture.uniqueName("lioba"));
  await user.page.route("**/api/sign-out*", (route) => route.fulfill({ status: 404, json: GONE }));
  await user.account.click();
  await user.button("Sign out").last().click();
  await user.button(HAS_CODE).click();
  await user.page.getByRole("heading", { name: "Signing you out" }).or(user.outside).waitFor();
  expect(await user.page.getByRole("heading", { name: "Signing you out" }).count()).toBe(0);
});
