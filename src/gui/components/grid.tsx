/** A long table: only the rows that are seen are in the document; the keyboard moves one row at a time (role grid). */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { scrolledTo, windowOf } from "../pure/window.ts";
import { GridRow } from "./grid-row.tsx";

export interface Column<Row> {
  readonly name: string;
  /** A track of `grid-template-columns`. */
  readonly width: string;
  readonly title: ComponentChildren;
  cell(row: Row): ComponentChildren;
  /** From the narrowest on: `wide` ones go first when there is no room. */
  readonly shownFrom?: "always" | "middle" | "wide";
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** The same array each time: a row is drawn anew only when something of it is another one. */
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** What the row is called for those who listen. */
  readonly rowLabel?: (row: Row) => string;
  readonly isSelected?: (key: string) => boolean;
  readonly onOpen?: (row: Row) => void;
  /** Keys beyond those that move. True: it was ours. */
  readonly onKey?: (event: KeyboardEvent, row: Row) => boolean;
  readonly rowHeight?: number;
  /** The end is near: more is wanted. */
  readonly onEnd?: () => void;
}

const steps: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 12, PageUp: -12 };

export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, columns, rowKey, rowHeight = 40, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const active = useSignal(0);
  /** Rows may have gone. */
  const reached = useComputed(() => Math.min(active.value, rows.value.length - 1));
  const latest = useRef(props);
  latest.current = props;
  const shown = useComputed(() => windowOf(top.value, height.value, rowHeight, rows.value.length));

  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => (height.value = element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const moveTo = (index: number) => {
    const element = scroller.current;
    const next = Math.max(0, Math.min(rows.peek().length - 1, index));
    active.value = next;
    if (!element) return;
    element.scrollTop = scrolledTo(next, element.scrollTop, element.clientHeight - rowHeight, rowHeight);
    top.value = element.scrollTop;
    // The row is in the document after the next drawing.
    requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !isRow(event.target)) return;
    const row = rows.peek()[active.peek()];
    if (row === undefined) return;
    const step = steps[event.key];
    if (step !== undefined) moveTo(active.peek() + step);
    else if (event.key === "Home") moveTo(0);
    else if (event.key === "End") moveTo(rows.peek().length - 1);
    else if (event.key === "Enter") props.onOpen?.(row);
    else if (!props.onKey?.(event, row)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onScroll = () => {
    top.value = scroller.current?.scrollTop ?? 0;
    if (shown.peek().to >= rows.peek().length) onEnd?.();
  };
  const template = {
    "--columns-always": tracksOf(columns, ["always"]),
    "--columns-middle": tracksOf(columns, ["always", "middle"]),
    "--columns-wide": tracksOf(columns, ["always", "middle", "wide"]),
  };
  const { from, to } = shown.value;
  return (
    <div
      ref={scroller}
      class="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.value.length + 1}
      aria-multiselectable={props.isSelected !== undefined}
      style={template}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div class="grid-head" role="row" aria-rowindex={1}>
        {columns.map(({ name, title, shownFrom = "always" }) => (
          <div key={name} role="columnheader" class={`cell from-${shownFrom}`}>
            {title}
          </div>
        ))}
      </div>
      <div role="rowgroup" class="grid-rows" style={{ height: `${rows.value.length * rowHeight}px` }}>
        {rows.value.slice(from, to).map((row, offset) => {
          const key = rowKey(row);
          return (
            <GridRow
              key={key}
              row={row}
              index={from + offset}
              columns={columns}
              height={rowHeight}
              isSelected={props.isSelected?.(key)}
              active={active}
              reached={reached}
              latest={latest}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The tracks of the columns that are shown at a width. */
const tracksOf = <Row,>(columns: readonly Column<Row>[], shown: readonly Column<Row>["shownFrom"][]): string =>
  columns
    .filter(({ shownFrom = "always" }) => shown.includes(shownFrom))
    .map(({ width }) => width)
    .join(" ");

const isRow = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.matches(".grid-row");
