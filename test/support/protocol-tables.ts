// The tables of docs/PROTOCOL.md that are made from the code: the frames with their fields and examples, and the refusals.
import { FIELD_KINDS } from "../../src/protocol/catalogue/field-kinds.ts";
import type { AnyFieldEntries, AnyFieldEntry } from "../../src/protocol/catalogue/frame-entry.ts";
import { nestedFields } from "../../src/protocol/catalogue/frame-schemas.ts";
import { type CatalogueFrame, FRAMES } from "../../src/protocol/catalogue/frames.ts";
import { REFUSAL_CAUSES } from "../../src/protocol/catalogue/refusal-causes.ts";
import { type Code, type NextStep, type Place, REFUSALS } from "../../src/protocol/refusals.ts";

const LINE_LENGTH = 120;
const INDENTATION = 4;

/** A Markdown table with aligned columns; empty columns are left out. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ""));
  const all = [head, ...rows].map((row) => used.map((i) => row[i] ?? ""));
  const widths = used.map((_, i) => Math.max(3, ...all.map((row) => [...(row[i] ?? "")].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - [...cell].length)).join(" | ")} |`;
  const [first = [], ...rest] = all;
  return [line(first), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest.map(line)].join("\n");
}

function rowsOf(fields: AnyFieldEntries, before = ""): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => [
    [`\`${before}${name}\``, typeOf(field), field[1], field[2] ?? ""],
    ...rowsOf(nestedFields(field) ?? {}, `${before}${name}.`),
  ]);
}

function typeOf([of]: AnyFieldEntry): string {
  return typeof of === "string" ? FIELD_KINDS[of].words : "object";
}

/** One line of JSON with blanks, as people write it. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** The same in lines of at most 120 characters, if its fields are not longer. */
function linesOf(frame: Readonly<Record<string, unknown>>): string {
  const line = spaced(frame);
  if (line.length <= LINE_LENGTH) return line;
  return `{ ${filled(partsOf(frame)).join("\n  ")} }`;
}

/** The fields with their commas; a nested object in its fields where it is longer than a line. */
function partsOf(object: object): string[] {
  const all = Object.entries(object) as [string, unknown][];
  return all.flatMap(([name, value], i) => {
    const field = `${JSON.stringify(name)}: ${spaced(value)}`;
    const comma = i < all.length - 1 ? "," : "";
    if (field.length <= LINE_LENGTH - INDENTATION - 2 || typeof value !== "object" || value === null)
      return [`${field}${comma}`];
    const [first = "", ...rest] = partsOf(value);
    const [last = ""] = rest.splice(-1);
    return [`${JSON.stringify(name)}: { ${first}`, ...rest, `${last} }${comma}`];
  });
}

function headingOf({ name, type }: CatalogueFrame): string {
  if (type === null) return name === "PlainUp" ? "Plain, from a device" : "Plain, from a mailbox";
  return name === "UpSendRun" ? "`send`, a run" : `\`${type}\``;
}

function frameSection(frame: CatalogueFrame): string {
  const { purpose, isLogFrame, fields, examples } = frame.entry;
  const place = isLogFrame === true ? " A log frame." : isLogFrame === false ? "" : " With `seq` a log frame.";
  const lines = Object.entries(examples).flatMap(([of, example]) => [`// ${of}`, linesOf(example)]);
  return [
    `#### ${headingOf(frame)}`,
    filled(`${purpose}${place}`.split(" ")).join("\n"),
    table(["field", "type and range", "meaning", "present"], rowsOf(fields)),
    ["```js", ...lines, "```"].join("\n"),
  ].join("\n\n");
}

/** Parts in lines that are not longer than LINE_LENGTH with their indentation, if no part is. */
function filled(parts: readonly string[]): string[] {
  const lines = [""];
  for (const part of parts) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && [...`${last} ${part}`].length > LINE_LENGTH - INDENTATION) lines.push(part);
    else lines[lines.length - 1] = last === "" ? part : `${last} ${part}`;
  }
  return lines;
}

const ABOUT = `The tables are made from the code. [frames.schema.json](frames.schema.json) is the same as a JSON Schema,
[asyncapi.json](asyncapi.json) as an AsyncAPI document ([H17]). "Present" is empty where a field always is.`;

export function frameTables(): string {
  const side = (name: "up" | "down") => FRAMES.filter((frame) => frame.side === name && frame.type !== null);
  return [
    ABOUT,
    "### From a device",
    ...side("up").map(frameSection),
    "### From a mailbox",
    ...side("down").map(frameSection),
  ].join("\n\n");
}

export function plainTables(): string {
  return FRAMES.filter(({ type }) => type === null)
    .map(frameSection)
    .join("\n\n");
}

type Places = readonly (readonly [Place, NextStep])[];

const PLACES: readonly Place[] = ["error", "refused", "failed", "closing", "plain", "http"];

export function refusalTable(): string {
  const codes = Object.keys(REFUSALS) as Code[];
  const rows = codes.flatMap((code) => {
    const row = REFUSALS[code];
    const at: Readonly<Partial<Record<Place, NextStep>>> = row.at;
    const places = PLACES.flatMap((place) => (at[place] === undefined ? [] : [[place, at[place]] as const]));
    if (places.length === 0) return [];
    const where = places.map(([place]) => (place === "http" ? `HTTP ${row.status}` : wordOf(place))).join(", ");
    const close = "close" in row ? String(row.close) : "";
    return [[`\`${code}\``, REFUSAL_CAUSES[code], where, stepsOf(places), close]];
  });
  return [table(["code", "when", "where", "what to do", "close"], rows), STEPS].join("\n\n");
}

const STEPS = `What to do ([T5]):

- never: the client does not send this again as it is.
- new number: it sends the message again with another id ([T6]).
- after retryAfter: it sends this again then; a message keeps its place, but see [T7].
- After \`closing\`: what the close code says ([C2]). The plain dialect has the codes of all frames.`;

function wordOf(place: Place): string {
  return place === "http" ? "HTTP" : place === "plain" ? "plain" : `\`${place}\``;
}

/** What a client does, in one word where it is the same everywhere. After `closing`, the close code says it. */
function stepsOf(all: Places): string {
  const places = all.filter(([place]) => place !== "closing");
  const steps = [...new Set(places.map(([, step]) => step))];
  if (steps.length <= 1) return steps[0] ?? "";
  return steps
    .map((step) => `${places.flatMap(([place, one]) => (one === step ? [wordOf(place)] : [])).join(", ")}: ${step}`)
    .join("; ");
}
