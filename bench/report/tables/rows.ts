// A table with a row for everybody who took part in a section.
import type { Section } from "../../measures/measure.ts";
import type { Seen } from "../seen.ts";
import { type Cells, table } from "../table.ts";

/** `cells` null leaves somebody out. Without any rows the text is empty. */
export function rowsOf(seen: Seen, section: Section, head: Cells, cells: (name: string) => Cells | null): string {
  const body = seen.names(section).flatMap((name) => {
    const row = cells(name);
    return row === null ? [] : [[name, ...row]];
  });
  return body.length === 0 ? "" : table(head, body);
}
