// The operators' page: the metrics as numbers and small charts.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Chart, short } from "./chart.tsx";
import { begun, EVERY, forget, keptToken, looking, type State } from "./poll-metrics.ts";
import { labelled, type Look, numberOf, quantile, rate } from "./metrics.ts";

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

const WORDS = [
  ["Refused", "restante_refused_total"],
  ["Failed", "restante_failed_total"],
  ["Requests refused", "restante_problems_total"],
  ["Sockets closed", "restante_closed_total"],
  ["Lines of the log", "restante_events_total"],
] as const;

const DELIVERY = "restante_delivery_seconds";

function Status() {
  const kept = keptToken();
  const [state, set] = useState<State>(kept === null ? { is: "asking", why: "" } : begun(kept));
  const token = state.is === "looking" ? state.token : null;
  useEffect(() => (token === null ? undefined : looking(token, set)), [token]);
  if (state.is === "asking") return <Entrance why={state.why} enter={(given) => set(begun(given))} />;
  const leave = () => {
    forget();
    set({ is: "asking", why: "" });
  };
  return <Numbers looks={state.looks} late={state.late} leave={leave} />;
}

function Entrance({ why, enter }: { readonly why: string; enter(token: string): void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get("token");
    if (typeof given === "string" && given.trim() !== "") enter(given.trim());
  };
  return (
    <form onSubmit={submit}>
      <h1>Restante: status</h1>
      <label>
        An operator's token
        <input name="token" type="password" autocomplete="off" required autofocus />
      </label>
      {why !== "" && <p role="alert">{why}</p>}
      <button type="submit">Look</button>
    </form>
  );
}

interface Seen {
  readonly looks: readonly Look[];
  readonly late: string;
  leave(): void;
}

function Numbers({ looks, late, leave }: Seen) {
  const now = looks.at(-1);
  const pairs = looks.slice(1).map((look, i) => [looks[i] ?? look, look] as const);
  const gauge = (name: string) => looks.map((look) => numberOf(look, name));
  const time = (share: number) => pairs.map(([a, b]) => quantile(a, b, DELIVERY, share) ?? 0);
  const said =
    now === undefined ? "Looking…" : `at ${new Date(now.at).toLocaleTimeString("en-GB")}, every ${EVERY / 1_000} s`;
  return (
    <>
      <header>
        <h1>Restante: status</h1>
        <p role="status" class={late === "" ? "" : "late"}>
          {late === "" ? said : late}
        </p>
        <button onClick={leave}>Forget the token</button>
      </header>
      {now !== undefined && (
        <>
          <ul class="tiles">
            <Chart
              title="Users online"
              value={last(gauge("restante_users_online"))}
              points={gauge("restante_users_online")}
            />
            <Chart
              title="Sockets"
              value={last(gauge("restante_sockets_online"))}
              points={gauge("restante_sockets_online")}
            />
            <Chart title="Stored within, half of them" value={within(time(0.5))} points={finite(time(0.5))} />
            <Chart title="Stored within, 95 of 100" value={within(time(0.95))} points={finite(time(0.95))} />
            {RATES.map(([title, name]) => {
              const points = pairs.map(([a, b]) => rate(a, b, name));
              return (
                <Chart
                  key={name}
                  title={title}
                  value={last(points)}
                  more={`${totalOf(now, name)} in all`}
                  points={points}
                />
              );
            })}
          </ul>
          <div class="words">
            {WORDS.map(([title, name]) => (
              <Words key={name} title={title} rows={labelled(now, name)} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

function Words({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, number])[] }) {
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

function within(points: readonly number[]): string {
  const point = points.at(-1) ?? 0;
  if (point === 0) return "–";
  return point < 1 ? `${short(point * 1_000)} ms` : `${short(point)} s`;
}

/** What can be drawn. */
function finite(points: readonly number[]): number[] {
  return points.map((point) => (Number.isFinite(point) ? point : 60));
}

function totalOf(look: Look, name: string): string {
  return short(numberOf(look, name) + labelled(look, name).reduce((sum, [, number]) => sum + number, 0));
}

const root = document.getElementById("status");
if (root !== null) render(<Status />, root);
