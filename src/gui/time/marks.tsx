/** What stands on the time bar: a column for the operations of a short time, and a diamond for each snapshot. */
import { binsOf, placeIn, type Span, type Tick } from "../pure/time-axis.ts";
import { useResource } from "../store/use.ts";
import { useStore } from "../store/store.ts";

const columns = 140;
/** Units of the drawing; it is stretched to the bar's size. */
const height = 24;
/** A column of one operation, and what each doubling adds. */
const [least, more] = [6, 4];
/** The newest ones; more would hide each other. */
const marksMax = 80;

export function Ticks({ ticks, span }: { ticks: readonly Tick[]; span: Span }) {
  const bins = binsOf(ticks, span, columns);
  const path = (hasFailures: boolean) =>
    bins
      .filter((bin) => bin.hasFailures === hasFailures)
      .map(
        ({ place, count }) =>
          `M${(place * columns).toFixed(2)} ${height}v-${Math.min(height, least + more * Math.log2(count))}`,
      )
      .join("");
  return (
    <svg viewBox={`0 0 ${columns} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="tick" d={path(false)} />
      <path class="tick bad" d={path(true)} />
    </svg>
  );
}

export function PointMarks({ span }: { span: Span }) {
  const trees = useResource(useStore().points) ?? [];
  const marks = trees
    .flatMap(({ points }) => points.filter(({ kind }) => kind === "snapshot"))
    .map(({ id, madeAt }) => ({ id, place: placeIn(span, Date.parse(madeAt)) }))
    .filter(({ place }) => place >= 0 && place <= 1)
    .slice(-marksMax);
  return (
    <>
      {marks.map(({ id, place }) => (
        <span key={id} class="time-point" style={{ left: `${place * 100}%` }} />
      ))}
    </>
  );
}
