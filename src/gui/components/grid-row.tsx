/** A row of a long table. What it is given is compared, so that a change elsewhere in the table does not draw it again. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { RefObject } from "preact";
import type { Column, GridProps } from "./grid.tsx";

interface GridRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly columns: readonly Column<Row>[];
  /** In pixels. */
  readonly height: number;
  readonly isSelected: boolean | undefined;
  /** The row that takes the keys. */
  readonly active: Signal<number>;
  /** The one that Tab comes to. */
  readonly reached: ReadonlySignal<number>;
  /** What the table was given last. */
  readonly latest: RefObject<GridProps<Row>>;
}

export function GridRow<Row>(props: GridRowProps<Row>) {
  const { row, index, columns, height, isSelected, active, reached, latest } = props;
  return (
    <div
      class="grid-row"
      role="row"
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-label={latest.current?.rowLabel?.(row)}
      tabIndex={index === reached.value ? 0 : -1}
      style={{ transform: `translateY(${index * height}px)`, height: `${height}px` }}
      onFocus={() => (active.value = index)}
      onClick={(event) => isPlain(event) && latest.current?.onOpen?.(row)}
    >
      {columns.map(({ name, cell, shownFrom = "always" }) => (
        <div key={name} role="gridcell" class={`cell from-${shownFrom}`}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}

/** Not on a control inside the row, and not the end of a text being marked. */
const isPlain = ({ target }: MouseEvent): boolean =>
  target instanceof Element &&
  target.closest("button, a, input, label, select") === null &&
  (getSelection()?.isCollapsed ?? true);
