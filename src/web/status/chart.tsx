// A tile: one number, and a chart of its last minutes with its axes. It knows nothing of the meaning of the number.

interface Tile {
  readonly title: string;
  readonly value: string;
  readonly more?: string;
  /** The oldest first. */
  readonly points: readonly number[];
  /** Ms from the first point until now. */
  readonly spanMs: number;
  /** How a point is written at the axis. */
  write?(point: number): string;
}

const WIDTH = 100;
const HEIGHT = 30;
const MINUTE_MS = 60_000;

export function Chart({ title, value, more = "", points, spanMs, write = short }: Tile) {
  const most = Math.max(0, ...points);
  const max = Math.max(1e-9, most);
  const step = WIDTH / Math.max(1, points.length - 1);
  const path = points.map((point, i) => `${(i * step).toFixed(1)},${(HEIGHT * (1 - point / max)).toFixed(1)}`);
  return (
    <li>
      <h2>{title}</h2>
      <strong>{value}</strong> <small>{more}</small>
      <div class="chart">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${value} now, at most ${write(most)}`}
        >
          <line x1="0" y1={0} x2={WIDTH} y2={0} />
          <line x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
          <polyline points={path.join(" ")} />
        </svg>
        {/* The picture's label says the same. */}
        <span class="axis values" aria-hidden="true">
          <span>{write(most)}</span>
          <span>0</span>
        </span>
        <span class="axis times" aria-hidden="true">
          <span>−{span(spanMs)}</span>
          <span>now</span>
        </span>
      </div>
    </li>
  );
}

/** How long the chart reaches back: 45 s, 10 min. */
function span(ms: number): string {
  return ms < MINUTE_MS ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / MINUTE_MS)} min`;
}

/** A number with few digits: 0.25, 3.1, 42, 12,345. */
export function short(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 1 ? 2 : value < 10 ? 1 : 0 });
}
