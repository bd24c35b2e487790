/** One figure over time: its newest value, the line, and what was done meanwhile as marks on the same axis. */
import { pathOf, placeOf, roundTop, type SparkPoint } from "../pure/spark.ts";

export interface ChartMark {
  readonly atMs: number;
  readonly title: string;
}

export interface ChartProps {
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly SparkPoint[];
  readonly marks: readonly ChartMark[];
  readonly show: (value: number) => string;
  /** The value at the upper edge; absent: a round number above the largest. */
  readonly top?: number | undefined;
}

const size = { width: 320, height: 64 };

export function Chart({ title, points, marks, show, top }: ChartProps) {
  const [first, last] = [points[0], points.at(-1)];
  const edge = top ?? roundTop(Math.max(...points.map(({ value }) => value), 0));
  const axis = { ...size, fromMs: first?.atMs ?? 0, toMs: last?.atMs ?? 0, top: edge };
  const seen = marks.filter(({ atMs }) => atMs >= axis.fromMs && atMs <= axis.toMs);
  return (
    <section class="card chart">
      <header>
        <h2>{title}</h2>
        <span class="muted">up to {show(edge)}</span>
      </header>
      <p class="figure">{last ? show(last.value) : "–"}</p>
      {last ? (
        <svg
          viewBox={`0 0 ${size.width} ${size.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${show(last.value)}`}
        >
          {seen.map(({ atMs, title: what }) => (
            <line
              key={atMs}
              class="chart-mark"
              x1={placeOf(atMs, axis)}
              x2={placeOf(atMs, axis)}
              y1="0"
              y2={size.height}
            >
              <title>{what}</title>
            </line>
          ))}
          <path d={pathOf(points, axis)} />
        </svg>
      ) : (
        <p class="muted">The guest does not say.</p>
      )}
    </section>
  );
}
