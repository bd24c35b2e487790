/** The order in which the reference shows things of instances: the primary one first, then by name. */
export function byInstance<Item>(items: readonly Item[], nameOf: (item: Item) => string, primary: string): Item[] {
  const rank = (name: string) => (name === primary && primary !== "" ? "" : name);
  return items.toSorted((a, b) => compare(rank(nameOf(a)), rank(nameOf(b))));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
