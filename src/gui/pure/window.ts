/** Which rows of a long list are in the document: those that are seen, and some around them. */

export interface Window {
  /** Index of the first row, and of the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** Rows beyond each edge, so that fast scrolling shows no holes. */
const around = 8;

/** All sizes in pixels. */
export function windowOf(scrollTop: number, height: number, rowHeight: number, count: number): Window {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const seen = Math.ceil(Math.max(height, rowHeight) / rowHeight) + 1;
  const from = Math.max(0, Math.min(first, count) - around);
  return { from, to: Math.min(count, first + seen + around) };
}

/** Where to scroll so that row `index` is seen whole; as it is when it is seen already. */
export function scrolledTo(index: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
