// Charts as SVG, drawn here because they are that simple: bars, and lines over a few steps. Readable on light and on dark pages.

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What stands behind it. */
  readonly text: string;
  readonly own: boolean;
}

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
  readonly own: boolean;
}

const WIDTH = 760;
const LEFT = 180;
const RIGHT = 90;
const TOP = 54;
const STEP = 28;

const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:15px}.small{font-size:12px;fill:#57606a}
.bar{fill:#9aa4af}.own{fill:#0a6fd6}.line{fill:none;stroke:#9aa4af;stroke-width:2}.line.own{fill:none;stroke:#0a6fd6;stroke-width:3}
.grid{stroke:#d0d7de}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.bar{fill:#6e7781}.own{fill:#4a9eff}
.line{stroke:#6e7781}.line.own{stroke:#4a9eff}.grid{stroke:#3d444d}}`;

/** Horizontal bars, in the order in which they are given. */
export function bars(title: string, note: string, all: readonly Bar[]): string {
  const most = Math.max(...all.map(({ value }) => value));
  const room = WIDTH - LEFT - RIGHT;
  const rows = all.map(({ name, value, text, own }, i) => {
    const y = TOP + i * STEP;
    const width = Math.max(1, (value / most) * room);
    return `${label(name, LEFT - 10, y + 15, "end")}
<rect class="bar${own ? " own" : ""}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="20" rx="2"/>
${label(text, LEFT + width + 8, y + 15)}`;
  });
  return page(title, note, TOP + all.length * STEP + 10, rows);
}

/** Lines over `steps`, equally far apart; the value axis begins at 0. */
export function lines(
  title: string,
  note: string,
  steps: readonly string[],
  all: readonly Line[],
  say: (n: number) => string,
): string {
  const [height, left, right] = [240, 60, 150];
  const most = Math.max(...all.flatMap(({ values }) => values)) * 1.05;
  const x = (i: number) => left + (i / (steps.length - 1)) * (WIDTH - left - right);
  const y = (value: number) => TOP + height - (value / most) * height;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = part * most;
    return `<line class="grid" x1="${left}" x2="${WIDTH - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>
${label(say(value), left - 8, y(value) + 4, "end", "small")}`;
  });
  const names = steps.map((step, i) => label(step, x(i), TOP + height + 20, "middle", "small"));
  const drawn = all.map(({ name, values, own }) => {
    const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const end = label(name, WIDTH - right + 8, y(values.at(-1) ?? 0) + 4);
    return `<polyline class="line${own ? " own" : ""}" points="${points}"/>\n${end}`;
  });
  return page(title, note, TOP + height + 36, [...grid, ...names, ...drawn]);
}

function page(title: string, note: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
${label(title, 10, 20, "start", "title")}
${label(note, 10, 39, "start", "small")}
${parts.join("\n")}
</svg>
`;
}

function label(text: string, x: number, y: number, anchor = "start", name = ""): string {
  const style = name === "" ? "" : ` class="${name}"`;
  return `<text${style} x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
