// The way in: what is said of a name while it is typed, that nobody gets an account by a typing error, and where the
// focus is.
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import type { PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

const focusOf = ({ page }: PageUser) => page.evaluate(() => document.activeElement?.id ?? "");

/** The bodies of the questions whether a name is free. */
function questionsOf({ page }: PageUser): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/names")) asked.push((request.postDataJSON() as { userName: string }).userName);
  });
  return asked;
}

test("[A22] while a name is typed the page says whether it is free, in the form that the server stores, and asks once", async () => {
  const name = fixture.uniqueName("nele");
  const user = await fixture.newUser({ serviceWorkers: "block" });
  const asked = questionsOf(user);
  await user.page.clock.install();
  await user.button("I'm new").click();
  await expect.poll(() => focusOf(user)).toBe("userName");
  // Time passes when the test says so: no letter comes after the pause.
  await user.page.clock.pauseAt(Date.now() + 60_000);
  await user.userName.pressSequentially(name.toUpperCase());
  await user.page.clock.runFor(2_000);
  await user.page.getByText(`“${name}” is available.`).waitFor();
  await user.userName.fill("");
  await user.userName.fill(name);
  await user.page.getByText(`“${name}” is available.`).waitFor();
  await user.page.clock.runFor(2_000);
  expect(asked).toEqual([name]);
  await user.page.clock.resume();
  await user.button("Create account").click();
  await user.button("I've saved it").click();
  await user.untilConnected();
  expect(user.errors).toEqual([]);
});

test("[A22] a taken name leads to the form for its code, which has the focus until the code is right", async () => {
  const name = fixture.uniqueName("nils");
  const first = await fixture.newUser();
  const code = await first.claim(name);
  const second = await fixture.newUser();
  await second.button("I'm new").click();
  await second.userName.fill(name);
  await second.page.getByText(`“${name}” is taken.`).waitFor();
  await second.button("That's me: sign in").click();
  expect(await second.userName.inputValue()).toBe(name);
  await expect.poll(() => focusOf(second)).toBe("code");
  await second.page.getByLabel("Code", { exact: true }).fill("wrong");
  await second.button("Sign in").click();
  await second.page.getByRole("alert").getByText("That code isn't right for this name,", { exact: false }).waitFor();
  await expect.poll(() => focusOf(second)).toBe("code");
  await second.page.getByLabel("Code", { exact: true }).fill(code);
  await second.page.keyboard.press("Enter");
  await second.button("I've saved it").click();
  await second.untilConnected();
  expect([...first.errors, ...second.errors]).toEqual([]);
});

test("without a code, and without a name, the page asks for it and sends nothing; the first empty field has the focus", async () => {
  const user = await fixture.newUser({ serviceWorkers: "block" });
  const sent: string[] = [];
  user.page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
  await user.button("I have an account").click();
  await expect.poll(() => focusOf(user)).toBe("userName");
  await user.page.keyboard.press("Enter");
  await user.page.getByRole("alert").getByText("Enter your username.").waitFor();
  await user.userName.fill(fixture.uniqueName("nino"));
  await user.page.keyboard.press("Enter");
  await user.page.getByRole("alert").getByText("Enter the code first.").waitFor();
  await expect.poll(() => focusOf(user)).toBe("code");
  expect(sent).toEqual([]);
});

test("who has an account and mistypes the name gets no other account", async () => {
  const name = fixture.uniqueName("typo");
  const user = await fixture.newUser();
  await user.signIn(name, "1111-2222-3333");
  await user.page.getByRole("alert").getByText("That code isn't right for this name,", { exact: false }).waitFor();
  await user.button("Use a passkey").click();
  await user.page
    .getByRole("alert")
    .getByText(/passkey/i)
    .waitFor();
  const answer = await user.page.evaluate(
    async (userName) => (await fetch("/api/names", { method: "POST", body: JSON.stringify({ userName }) })).json(),
    name,
  );
  expect(answer).toEqual({ userName: name, free: true });
});

test("where the server does not say whether a name is free, the claim says it", async () => {
  const name = fixture.uniqueName("nora");
  const first = await fixture.newUser();
  await first.claim(name);
  const user = await fixture.newUser({ serviceWorkers: "block" });
  await user.page.route("**/api/names", (route) => route.fulfill({ status: 404, body: "" }));
  await user.button("I'm new").click();
  await user.userName.fill(name.toUpperCase());
  await user.page.getByText(`Your username will be “${name}”.`).waitFor();
  await user.button("Create account").click();
  await user.page.getByRole("alert").getByText(`“${name}” is taken.`).waitFor();
  await expect.poll(() => focusOf(user)).toBe("userName");
});

test("the language can be chosen before somebody signs in, and stays", async () => {
  const user = await fixture.newUser();
  await user.page.getByRole("combobox", { name: "Language" }).selectOption("zh-Hans");
  await user.page.getByRole("button", { name: "我已有账户" }).waitFor();
  await user.page.reload();
  await user.page.getByRole("button", { name: "我已有账户" }).waitFor();
  expect(await user.page.locator("html").getAttribute("lang")).toBe("zh-Hans");
});

test("a device that was signed out says so as news, not as an error", async () => {
  const name = fixture.uniqueName("lena");
  const first = await fixture.newUser();
  const code = await first.claim(name);
  const second = await fixture.newUser();
  await second.signIn(name, code);
  await second.button("I've saved it").click();
  await second.account.click();
  await second.confirm(second.button("Sign out all other devices"));
  const news = first.page.locator(".entrance").getByRole("status").getByText("You've been signed out on this device.");
  await news.waitFor();
  const [colour, ink] = await news.evaluate((line) => [
    getComputedStyle(line).color,
    getComputedStyle(document.body).color,
  ]);
  expect(colour).toBe(ink);
  expect(await first.page.getByRole("alert").allTextContents()).toEqual([]);
});
