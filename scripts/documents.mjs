// The documents that the server serves for programs that read text: /llms.txt, which lists them, and those that it
// lists, under /docs/. Their links lead to each other alone, as in the package of the SDK.
import { readFileSync } from "node:fs";
import { posix } from "node:path";

const LIST = "docs/llms.txt";

/** Texts by their path on the server. */
export function servedDocuments() {
  const list = readFileSync(LIST, "utf8");
  const listed = [...list.matchAll(/^- \[[^\]]+\]\(([^)\s]+)\)/gm)].map(([, path]) => posix.join("docs", path));
  const documents = listed.map((path) => {
    const isServed = (target) => listed.includes(posix.join(posix.dirname(path), target));
    return [path, withoutDeadLinks(readFileSync(path, "utf8"), isServed)];
  });
  return new Map([["llms.txt", list.replaceAll(/^(- \[[^\]]+\]\()/gm, "$1docs/")], ...documents]);
}

/** Code, in which nothing is a link; a link or a picture; the definition of a link. */
const CODE = /(?<code>^```[^]*?^```|`[^`\n]*`)/m;
const INLINE = /(?<picture>!?)\[(?<label>[^\]]*)\]\((?<target>[^)\s]+)\)(?<after>\n{0,2})/;
const DEFINITION = /^\[[^\]]+\]: (?<defined>\S+)\n/m;
const ALL = new RegExp([CODE, INLINE, DEFINITION].map(({ source }) => source).join("|"), "gm");

/**
 * Markdown without links and pictures of files that are not there. `isThere` is asked for a path, without its anchor.
 */
export function withoutDeadLinks(text, isThere) {
  return text.replace(ALL, (whole, ...more) => {
    const [offset, , { code, picture, label, target, after, defined }] = more.slice(-3);
    const path = target ?? defined;
    if (code !== undefined || /^(https?:|#)/.test(path) || isThere(path.replace(/#.*/, ""))) return whole;
    if (defined !== undefined) return "";
    // A picture that is a paragraph leaves with the lines after it.
    if (picture === "!") return offset === 0 || text[offset - 1] === "\n" ? "" : after;
    return `${label}${after}`;
  });
}
