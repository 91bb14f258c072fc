// The links that the page finds in a text: where they begin and end, where they lead, and what is none.
import { expect, test } from "vitest";
import { findLinks } from "../../src/web/links.ts";

const linksOf = (text: string) => findLinks(text).map(({ start, end, url }) => [text.slice(start, end), url]);

const same = (url: string): [string, string] => [url, url];

test.each([
  [
    "brackets in pairs are part of it",
    "https://en.wikipedia.org/wiki/Foo_(bar)",
    same("https://en.wikipedia.org/wiki/Foo_(bar)"),
  ],
  ["brackets around it are not", "(https://example.com/a)", same("https://example.com/a")],
  ["brackets in pairs within others", "(see https://example.com/a_(b))", same("https://example.com/a_(b)")],
  ["a closing square bracket", "[https://example.com/a]", same("https://example.com/a")],
  ["the full stop of a sentence", "See https://example.com/a.", same("https://example.com/a")],
  ["a comma within it", "https://example.com/a,b", same("https://example.com/a,b")],
  ["an exclamation mark", "https://example.com/?q=a&b=c#d!", same("https://example.com/?q=a&b=c#d")],
  ["an ellipsis", "https://example.com/a…", same("https://example.com/a")],
  ["straight quotes", `"https://example.com/a"`, same("https://example.com/a")],
  ["apostrophes", "'https://example.com/a'", same("https://example.com/a")],
  ["curly quotes", "看“https://example.com/a”。", same("https://example.com/a")],
  ["corner brackets", "「https://example.com/a」", same("https://example.com/a")],
  ["guillemets", "«https://example.com/a»", same("https://example.com/a")],
  ["a Chinese full stop, and text after it", "https://example.com/a。好", same("https://example.com/a")],
  ["a Chinese comma", "见 https://example.com/路径，再说", same("https://example.com/路径")],
  ["Chinese brackets", "https://example.com/a（注）", same("https://example.com/a")],
  ["a Chinese character right before it", "请看https://example.com/a", same("https://example.com/a")],
  ["Chinese text right after the host", "https://example.com看看", same("https://example.com")],
  ["Chinese text right after a host with an umlaut", "https://www.bücher.de看看", same("https://www.bücher.de")],
  ["a label of Latin letters of several kinds", "https://www.bücher.de/x", same("https://www.bücher.de/x")],
  ["the same with a port", "https://ex.bücher.de:8080/x", same("https://ex.bücher.de:8080/x")],
  ["the same without a scheme", "www.müller.de", ["www.müller.de", "https://www.müller.de"]],
  [
    "2,048 characters",
    `https://a.example/${"b".repeat(2_030)} and more`,
    same(`https://a.example/${"b".repeat(2_030)}`),
  ],
  ["a last label with the letters s and k", "<https://evil.tesk/>", same("https://evil.tesk/")],
  ["a host in another script", "https://例え.jp/テスト", same("https://例え.jp/テスト")],
  ["capital letters", "Https://Example.com/A", same("Https://Example.com/A")],
  ["without a scheme", "www.example.com/x", ["www.example.com/x", "https://www.example.com/x"]],
  ["without a scheme, in capitals", "Www.Example.com", ["Www.Example.com", "https://Www.Example.com"]],
  ["without a scheme, within Chinese text", "中文www.example.com中文", ["www.example.com", "https://www.example.com"]],
  ["a port and a fragment", "http://localhost:8787/#/ben", same("http://localhost:8787/#/ben")],
  ["an address of IPv6", "https://[::1]/", same("https://[::1]/")],
])("%s: %s", (_, text, link) => {
  expect(linksOf(text)).toEqual([link]);
});

test("several links of one text are found, with the text between them", () => {
  expect(linksOf("https://example.com/a、https://example.com/b and www.example.com.").map(([link]) => link)).toEqual([
    "https://example.com/a",
    "https://example.com/b",
    "www.example.com",
  ]);
});

test.each([
  ["a script", "javascript:alert(1)"],
  ["data", "data:text/html,<b>x</b>"],
  ["a user's name that looks like the host", "https://good.example@evil.example/"],
  ["a user's name and a password", "https://good.example:x@evil.example/"],
  ["a backslash that ends the host", "https://evil.example\\@good.example"],
  ["a mark that turns the direction", "https://exa\u202Emple.com/"],
  ["a port that is none", "https://example.com:99999/"],
  ["no host", "https:///x"],
  ["nothing after www.", "www. and more"],
  ["the middle of a word", "awww.example.com"],
  ["one that is longer than 2,048 characters", `https://a.example/?u=https://b.example/${"c".repeat(2_100)}`],
  ["an e-mail address", "me@www.example.com"],
])("%s is no link", (_, text) => {
  expect(linksOf(text)).toEqual([]);
});

test("a text of links alone has at most 200", () => {
  expect(findLinks("https://a.example ".repeat(3_000)).length).toBe(200);
});
