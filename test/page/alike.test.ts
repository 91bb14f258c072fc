// Names that look the same: the page says which one it is not, in the list and above the conversation.
import { expect, test } from "vitest";
import { lookAlikes } from "../../src/web/lookalikes.ts";
import { translationsIn } from "../../src/web/translations.ts";
import { Venue } from "../support/venue.ts";

const venue = new Venue();
const one = (peer: string, standing: "contact" | "request" | "blocked") => ({ peer, standing });

test.each<[string, Parameters<typeof lookAlikes>[1], string, string | null]>([
  ["a stranger like a contact", [one("alice", "contact"), one("al\u0456ce", "request")], "al\u0456ce", "alice"],
  ["the contact beside that stranger", [one("alice", "contact"), one("al\u0456ce", "request")], "alice", null],
  ["a new name like a contact", [one("mallory", "contact")], "rnallory", "mallory"],
  ["two contacts", [one("alice", "contact"), one("a1ice", "contact")], "a1ice", "alice"],
  ["the other of two contacts", [one("alice", "contact"), one("a1ice", "contact")], "alice", "a1ice"],
  ["a stranger like somebody blocked", [one("bill", "blocked"), one("bi1l", "request")], "bi1l", "bill"],
  ["a stranger like oneself", [one("\u03f3ane", "request")], "\u03f3ane", "jane"],
  ["oneself", [one("\u03f3ane", "contact"), one("jane", "contact")], "jane", null],
  ["a name like no other", [one("alice", "contact"), one("bob", "request")], "bob", null],
])("of %s the page says whom it could be taken for", (_, all, name, other) => {
  expect(lookAlikes("jane", all)(name)).toBe(other);
});

test("a name that is written from right to left changes the order of nothing around it", () => {
  const { lookAlike, startWith } = translationsIn("en");
  expect(startWith("alice")).toBe("Write to alice");
  expect(startWith("שלום")).toBe("Write to \u2068שלום\u2069");
  expect(lookAlike("שלום", "bob")).toContain("\u2068שלום\u2069 is not bob");
});

test("who looks like a contact is pointed out, in the list and above the conversation", async () => {
  const { a, b, bob } = await venue.friends();
  const like = a.replace("alice", "a1ice");
  const said = `${like} is not ${a}: the letters only look alike.`;
  await bob.page.getByRole("searchbox").fill(like);
  await bob.list.getByRole("link", { name: said }).waitFor();
  const stranger = await venue.visitor();
  await stranger.claim(like);
  await stranger.open(b);
  await stranger.send("it is me, alice");
  await bob.page.getByRole("searchbox").fill("");
  await bob.list.getByRole("heading", { name: "Requests" }).waitFor();
  await bob.list.getByRole("link").filter({ hasText: said }).click();
  await bob.page.getByRole("note").filter({ hasText: said }).waitFor();
  // Nothing is said of the one who is known.
  await bob.list.getByRole("link").filter({ hasText: "hi" }).click();
  await bob.page.getByRole("heading", { name: a, exact: true }).waitFor();
  expect(await bob.page.getByRole("note").count()).toBe(0);
});
