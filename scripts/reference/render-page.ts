// A page of the reference: the exports of one entry point in groups, each with its comment, its declaration, and the
// comments of its members.
import type { Entry, Export } from "./read-types.ts";

/** A heading, and the exports below it. */
export interface Group {
  readonly title: string;
  readonly exports: readonly Export[];
}

const LINE_LENGTH = 120;

/** Where each exported name of the package is described: a page, and the anchor of its heading. */
type Places = ReadonlyMap<string, { readonly page: string; readonly anchor: string }>;

export interface Page {
  readonly entry: Entry;
  /** What the entry point is for, in a sentence or two. */
  readonly about: string;
  readonly groups: readonly Group[];
}

/** Anchors are those that GitHub gives to headings: in lower case, and numbered where two are the same. */
export function placesOf(pages: readonly Page[]): Places {
  const places = new Map<string, { page: string; anchor: string }>();
  for (const { entry, groups } of pages) {
    const seen = new Map<string, number>();
    const anchorOf = (heading: string) => {
      const anchor = heading.toLowerCase().replaceAll(" ", "-");
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    };
    for (const { title, exports } of groups) {
      anchorOf(title);
      for (const { name } of exports) places.set(name, { page: `${entry.name}.md`, anchor: anchorOf(name) });
    }
  }
  return places;
}

export function renderPage({ entry, about, groups }: Page, places: Places): string {
  const linkFrom = (name: string, here: Export | null) => linkTo(name, `${entry.name}.md`, here, places);
  const index = groups.map(({ title, exports }) => {
    const names = exports.map(({ name }) => linkFrom(name, null) ?? name);
    return wrap(`- **${title}**: ${names.join(", ")}`, "  ");
  });
  const parts = groups.flatMap(({ title, exports }) => [
    `## ${title}`,
    ...exports.flatMap((one) => sectionOf(one, (name) => linkFrom(name, one))),
  ]);
  return [`# API of \`${entry.specifier}\``, wrap(about), index.join("\n"), ...parts].join("\n\n") + "\n";
}

type Link = (name: string) => string | null;

function sectionOf(one: Export, link: Link): string[] {
  const members = (one.members ?? []).filter(({ comment }) => comment !== "");
  const list = members.map(({ name, isMethod, comment }) =>
    wrapAll(`- **\`${name}${isMethod ? "()" : ""}\`**: ${withLinks(comment, link)}`, "  "),
  );
  const others = one.refersTo.flatMap((name) => link(name) ?? []);
  return [
    `### ${one.name}`,
    ...(one.comment === "" ? [] : [wrapAll(withLinks(one.comment, link))]),
    `\`\`\`ts\n${declarationOf(one)}\n\`\`\``,
    ...(list.length > 0 ? [list.join("\n")] : []),
    ...(others.length > 0 ? [wrap(`See ${others.join(", ")}.`)] : []),
  ];
}

function declarationOf({ heads, members }: Export): string {
  if (members === null) return heads.join("\n");
  return `${heads.join("\n")} {\n${members.map(({ code }) => code).join("\n")}\n}`;
}

/** The link to an exported name; null for any other name, and for `here` itself. */
function linkTo(name: string, page: string, here: Export | null, places: Places): string | null {
  const place = places.get(name);
  if (place === undefined || name === here?.name) return null;
  return `[\`${name}\`](${place.page === page ? "" : place.page}#${place.anchor})`;
}

/** With links where a comment names an export, or a document. */
function withLinks(comment: string, link: Link): string {
  return comment
    .replaceAll(/`(\w+)`/g, (code, name: string) => link(name) ?? code)
    .replaceAll(/(?<![\w/])(?:docs\/)?([A-Z][A-Z-]+\.md)/g, "[$1](../$1)");
}

/** Paragraphs and lists. Every line but the first has the indent. */
function wrapAll(text: string, indent = ""): string {
  const paragraphs = text.split(/\n{2,}/).map((paragraph, at) => {
    const [first = "", ...items] = paragraph.split(/\n(?=- )/);
    const isItem = at > 0 && first.startsWith("- ");
    const head = wrap(first, isItem ? `${indent}  ` : indent, at === 0 ? "" : indent);
    return [head, ...items.map((item) => wrap(item, `${indent}  `, indent))].join("\n");
  });
  return paragraphs.join("\n\n");
}

/** At most 120 characters a line. Code and links are not broken. `start`: what the first line begins with. */
function wrap(text: string, indent = "", start = ""): string {
  const lines: string[] = [];
  let line = start;
  for (const [word] of text.matchAll(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g)) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > LINE_LENGTH) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = isEmpty ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
