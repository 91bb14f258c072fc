// A tile: one number, and a chart of its last minutes. It knows nothing of the meaning of the number.

interface Tile {
  readonly title: string;
  readonly value: string;
  readonly more?: string;
  /** The oldest first. */
  readonly points: readonly number[];
}

const WIDTH = 100;
const HEIGHT = 30;

export function Chart({ title, value, more = "", points }: Tile) {
  const max = Math.max(1e-9, ...points);
  const step = WIDTH / Math.max(1, points.length - 1);
  const path = points.map((point, i) => `${(i * step).toFixed(1)},${(HEIGHT * (1 - point / max)).toFixed(1)}`);
  return (
    <li>
      <h2>{title}</h2>
      <strong>{value}</strong> <small>{more}</small>
      <svg
        class="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${value} now, at most ${short(Math.max(0, ...points))}`}
      >
        <line x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
        <polyline points={path.join(" ")} />
      </svg>
    </li>
  );
}

/** A number with few digits: 0.25, 3.1, 42, 12,345. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "more";
  return value.toLocaleString("en", { maximumFractionDigits: value < 1 ? 2 : value < 10 ? 1 : 0 });
}
