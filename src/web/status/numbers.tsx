// The numbers of the operators' page: tiles with charts, and tables by label.
import { Chart, short } from "./chart.tsx";
import { labelled, lastBound, numberOf, quantile, rate, type Sample } from "./metrics.ts";
import { INTERVAL_MS } from "./poll-metrics.ts";

const RATES = [
  ["Accepted a second", "restante_accepted_total"],
  ["Stored a second", "restante_stored_total"],
  ["Answered queued a second", "restante_queued_total"],
  ["Refused a second", "restante_refused_total"],
  ["Failed a second", "restante_failed_total"],
  ["Retries a second", "restante_retries_total"],
  ["Alarms a second", "restante_alarms_total"],
  ["Wakes a second", "restante_wakes_total"],
  ["Rows written a second", "restante_rows_written_total"],
] as const;

const TABLES = [
  ["Refused", "restante_refused_total"],
  ["Failed", "restante_failed_total"],
  ["Requests refused", "restante_problems_total"],
  ["Sockets closed", "restante_closed_total"],
  ["Log events", "restante_events_total"],
] as const;

const DELIVERY = "restante_delivery_seconds";

interface Props {
  readonly samples: readonly Sample[];
  /** Why the latest sample is missing, or nothing. */
  readonly late: string;
  leave(): void;
}

export function Numbers({ samples, late, leave }: Props) {
  const now = samples.at(-1);
  const status =
    now === undefined
      ? "Loading…"
      : `at ${new Date(now.at).toLocaleTimeString("en-GB")}, every ${INTERVAL_MS / 1_000} s`;
  return (
    <>
      <header>
        <h1>Restante: status</h1>
        <p role="status" class={late === "" ? "" : "late"}>
          {late === "" ? status : late}
        </p>
        <button class="quiet" onClick={leave}>
          Sign out
        </button>
      </header>
      {now !== undefined && (
        <>
          <Tiles samples={samples} now={now} />
          <div class="words">
            {TABLES.map(([title, name]) => (
              <Table key={name} title={title} rows={labelled(now, name)} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

function Tiles({ samples, now }: { readonly samples: readonly Sample[]; readonly now: Sample }) {
  const pairs = samples.slice(1).map((sample, i) => [samples[i] ?? sample, sample] as const);
  const online = samples.map((sample) => numberOf(sample, "restante_users_online"));
  const sockets = samples.map((sample) => numberOf(sample, "restante_sockets_online"));
  const timeOf = (share: number) => pairs.map(([a, b]) => quantile(a, b, DELIVERY, share) ?? 0);
  const half = timeOf(0.5);
  const most = timeOf(0.95);
  const bound = lastBound(now, DELIVERY);
  const drawn = (points: readonly number[]) => points.map((point) => Math.min(point, bound));
  // Samples are missing where the page was hidden.
  const axis = { spanMs: now.at - (samples[0] ?? now).at };
  return (
    <ul class="tiles">
      <Chart {...axis} title="Users online" value={last(online)} points={online} />
      <Chart {...axis} title="Sockets" value={last(sockets)} points={sockets} />
      <Chart {...axis} title="Delivery time p50" value={within(half, bound)} points={drawn(half)} write={duration} />
      <Chart {...axis} title="Delivery time p95" value={within(most, bound)} points={drawn(most)} write={duration} />
      {RATES.map(([title, name]) => {
        const points = pairs.map(([a, b]) => rate(a, b, name));
        const total = `${totalOf(now, name)} in all`;
        return <Chart key={name} {...axis} title={title} value={last(points)} more={total} points={points} />;
      })}
    </ul>
  );
}

function Table({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, number])[] }) {
  if (rows.length === 0) return null;
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {rows.map(([word, number]) => (
          <tr key={word}>
            <th scope="row">{word}</th>
            <td>{short(number)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function last(points: readonly number[]): string {
  const point = points.at(-1);
  return point === undefined ? "–" : short(point);
}

function within(points: readonly number[], bound: number): string {
  const point = points.at(-1) ?? 0;
  if (point > bound) return `> ${duration(bound)}`;
  return point === 0 ? "–" : duration(point);
}

/** Seconds, as people write them. */
function duration(seconds: number): string {
  return seconds < 1 ? `${short(seconds * 1_000)} ms` : `${short(seconds)} s`;
}

function totalOf(sample: Sample, name: string): string {
  return short(numberOf(sample, name) + labelled(sample, name).reduce((sum, [, number]) => sum + number, 0));
}
