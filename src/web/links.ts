// Finds the links of a text. Where a link ends is the work of linkify-it: brackets in pairs, punctuation of any script.
// It is a file of its own, which the page loads when a text has a link: see lazy.ts.
import { LinkifyIt } from "linkify-it";

export interface Link {
  readonly start: number;
  readonly end: number;
  readonly url: string;
}

/**
 * Where a link may begin: not within a word of Latin letters, but right after a Chinese one, which no space ends.
 */
const BEGINNING = /(?<![\p{Script=Latin}\p{N}@./-])(?:https?:\/\/|www\.)/giu;
/** Characters of a link, and links of a text. Answers: texts of links alone. */
const MAX_LENGTH = 2_048;
/** Of a longer link more than its maximum is searched: a part of it would lead elsewhere. */
const SEARCHED_LENGTH = MAX_LENGTH + 64;
const MAX_LINKS = 200;
/** Marks that turn the direction of a text, and the backslash, which ends a host: the address reads as another one. */
const MISLEADS = /[\\\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/**
 * The last label of a host that goes on as a text of another script; a label before the last one may be of both.
 * Without regard to case `\P{ASCII}` takes an s, too, because of ſ.
 */
const GLUED = /^([a-z]+:\/\/[^/?#]*\.[a-z]+)(?![\0-\x7f])\P{ASCII}(?![^/?#]*\.)/iu;

const finder = new LinkifyIt({ urlAuth: true });

export function findLinks(text: string): readonly Link[] {
  const links: Link[] = [];
  let from = 0;
  for (const { 0: prefix, index: start } of text.matchAll(BEGINNING)) {
    if (start < from || links.length === MAX_LINKS) continue;
    const scheme = prefix.startsWith("w") || prefix.startsWith("W") ? "https://" : "";
    const address = scheme + text.slice(start, start + SEARCHED_LENGTH);
    const name = address.slice(0, address.indexOf(":") + 1).toLowerCase();
    const length = finder.testSchemaAt(address, name, name.length);
    const whole = address.slice(0, length === 0 ? 0 : name.length + length);
    const url = GLUED.exec(whole)?.[1] ?? whole;
    if (!isHonest(url)) continue;
    from = start + url.length - scheme.length;
    if (url.length > MAX_LENGTH) continue;
    links.push({ start, end: from, url });
  }
  return links;
}

/** An address that leads where it seems to. A user's name before the host is taken for the host. */
function isHonest(url: string): boolean {
  if (MISLEADS.test(url) || !URL.canParse(url)) return false;
  const { username, password, hostname } = new URL(url);
  return username === "" && password === "" && hostname !== "www";
}
