// What a million messages would cost: on the edge, from what the platform's meter showed; and at hosted services, by their prices.
import { loadOf } from "../measures/measure.ts";
import { AT_WORK, EDGE, HOSTED, READ } from "./prices.ts";
import type { Row, Seen } from "./seen.ts";
import { table } from "./table.ts";
import { whole, wrapped } from "./words.ts";

const dollars = (n: number) => `$${n.toFixed(2)}`;

export function costs(seen: Seen): string {
  const rows = seen.rows("bill");
  if (rows.length === 0) return "";
  const counts = rows.map(({ measure, figures }) => {
    const { rowsWritten = 0, rowsRead = 0, calls = 0, textsIn = 0, textsOut = 0 } = figures;
    return [nameOf(measure), ...[rowsWritten, rowsRead, calls, textsIn, textsOut].map(whole)];
  });
  const priced = rows.map((row) => {
    const parts = partsOf(row);
    return [nameOf(row.measure), ...parts.map(dollars), dollars(parts.reduce((sum, part) => sum + part, 0))];
  });
  const hosted = HOSTED.map(({ name, perMillion, keeps }) => [name, dollars(perMillion), keeps]);
  const sources = HOSTED.map(({ name, how, source }) => wrapped(`- **${name}**: ${how}. Source: ${source}`));
  const [call, text] = [AT_WORK.call, AT_WORK.text].map((seconds) => whole(seconds * 1_000));
  return `### What the platform counts

${table(["of 1,000 messages", "rows written", "rows read", "calls", "texts in", "texts out"], counts)}
### What a million messages cost

${wrapped(`On the edge, by Cloudflare's prices beyond what is included ([source](${EDGE.source}), read ${READ}):`)}

${wrapped(`- Requests ${dollars(EDGE.requests)} a million (incoming texts a twentieth), rows written ${dollars(EDGE.rowsWritten)} a million, duration $12.50 a million GB-s, storage ${dollars(EDGE.stored)} a GB and month.`)}
${wrapped(`- \`duration\` is **assumed**, not measured: both objects work for ${call} ms for a call between them, one of them for ${text} ms for a text.`)}
- Connections and idle users cost nothing.

${table(["a million messages", "rows", "requests", "duration", "in all"], priced)}
Hosted services, by their public prices, for one sender and one receiver:

${table(["service", "a million", "keeps messages"], hosted, 3)}
${sources.join("\n")}
`;
}

function nameOf({ entrant, load }: Row["measure"]): string {
  return `${entrant.name}, ${loadOf(load).replace(/^[\d,]+ messages, /, "")}`;
}

/** Of a million messages, in dollars: rows, requests, duration. What was counted was of a thousand. */
function partsOf({ figures }: Row): number[] {
  const { rowsWritten = 0, rowsRead = 0, calls = 0, textsIn = 0 } = figures;
  const millions = (ofAThousand: number) => ofAThousand / 1_000;
  const rows = millions(rowsWritten) * EDGE.rowsWritten + millions(rowsRead) * EDGE.rowsRead;
  const requests = (millions(calls) + millions(textsIn) / EDGE.textsInARequest) * EDGE.requests;
  const seconds = millions(calls) * 2 * AT_WORK.call + millions(textsIn) * AT_WORK.text;
  const duration = seconds * EDGE.gigabytes * EDGE.duration;
  return [rows, requests, duration];
}
