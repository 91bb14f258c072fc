// Names that look the same: the page warns of the other name, in the list and above the conversation.
import { expect, test } from "vitest";
import { lookAlikes } from "../../src/web/lookalikes.ts";
import { skeleton } from "../../src/web/skeleton.ts";
import { translationsIn } from "../../src/web/translations.ts";
import { BrowserFixture } from "../support/browser-fixture.ts";

const fixture = new BrowserFixture();
const one = (peer: string, standing: "contact" | "request" | "blocked") => ({ peer, standing });

test.each<[string, Parameters<typeof lookAlikes>[1], string, string | null]>([
  ["a stranger like a contact", [one("alice", "contact"), one("al\u0456ce", "request")], "al\u0456ce", "alice"],
  ["the contact beside that stranger", [one("alice", "contact"), one("al\u0456ce", "request")], "alice", null],
  ["a new name like a contact", [one("mallory", "contact")], "rnallory", "mallory"],
  ["two contacts", [one("alice", "contact"), one("a1ice", "contact")], "a1ice", "alice"],
  ["the other of two contacts", [one("alice", "contact"), one("a1ice", "contact")], "alice", "a1ice"],
  ["a stranger like somebody blocked", [one("bill", "blocked"), one("bi1l", "request")], "bi1l", "bill"],
  ["a stranger like the user", [one("\u03f3ane", "request")], "\u03f3ane", "jane"],
  ["the user", [one("\u03f3ane", "contact"), one("jane", "contact")], "jane", null],
  ["a name like no other", [one("alice", "contact"), one("bob", "request")], "bob", null],
])("for %s lookAlikes() gives the name that it could be taken for", (_, all, name, other) => {
  expect(lookAlikes("jane", all, skeleton)(name)).toBe(other);
});

test("a name that is written from right to left does not change the order of the text around it", () => {
  const { lookAlike, startWith } = translationsIn("en");
  expect(startWith("alice")).toBe("Message alice");
  expect(startWith("שלום")).toBe("Message \u2068שלום\u2069");
  expect(lookAlike("שלום", "bob")).toContain("\u2068שלום\u2069 isn't bob");
});

test("the page warns of a name that looks like a contact, in the list and above the conversation", async () => {
  const { a, b, bob } = await fixture.twoContacts();
  const like = a.replace("alice", "a1ice");
  const warning = `${like} isn't ${a}: the letters only look alike.`;
  await bob.page.getByRole("searchbox").fill(like);
  await bob.list.getByRole("link", { name: warning }).waitFor();
  const stranger = await fixture.newUser();
  await stranger.claim(like);
  await stranger.open(b);
  await stranger.send("it is me, alice");
  await bob.page.getByRole("searchbox").fill("");
  await bob.list.getByRole("heading", { name: "Requests" }).waitFor();
  await bob.list.getByRole("link").filter({ hasText: warning }).click();
  await bob.page.getByRole("note").filter({ hasText: warning }).waitFor();
  // There is no warning at the known contact.
  await bob.list.getByRole("link").filter({ hasText: "hi" }).click();
  await bob.page.getByRole("heading", { name: a, exact: true }).waitFor();
  expect(await bob.page.getByRole("note").count()).toBe(0);
});
