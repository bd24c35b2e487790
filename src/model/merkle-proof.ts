/** Proofs of RFC 6962: which subtrees they are made of, and how they are checked. Pure; hashing is handed in. */

/** Leaves `[from, to)`, counted from 0. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** SHA-256(0x01 || left || right), as hexadecimal. */
export type JoinNodes = (left: string, right: string) => string;

/** The largest power of two below `size`. */
function leftSize(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

/** The subtrees of the inclusion proof PATH(index, D[0:size]), from the leaf up. */
export function inclusionRanges(index: number, { from, to }: LeafRange): LeafRange[] {
  if (to - from <= 1) return [];
  const middle = from + leftSize(to - from);
  const [inside, beside] =
    index < middle
      ? [
          { from, to: middle },
          { from: middle, to },
        ]
      : [
          { from: middle, to },
          { from, to: middle },
        ];
  return [...inclusionRanges(index, inside), beside];
}

/** The subtrees of the consistency proof PROOF(old, D[0:size]), from the old end up; none when the sizes are equal or `old` is 0. */
export function consistencyRanges(old: number, size: number): LeafRange[] {
  return old === 0 || old === size ? [] : consistencyFrom(old, { from: 0, to: size }, true);
}

/** SUBPROOF; `isKnown`: the old tree's root is that of this subtree, which the other side has. */
function consistencyFrom(old: number, { from, to }: LeafRange, isKnown: boolean): LeafRange[] {
  if (old === to) return isKnown ? [] : [{ from, to }];
  const middle = from + leftSize(to - from);
  return old <= middle
    ? [...consistencyFrom(old, { from, to: middle }, isKnown), { from: middle, to }]
    : [...consistencyFrom(old, { from: middle, to }, false), { from, to: middle }];
}

/** The root that a leaf and its path lead to (RFC 9162, 2.1.3.2); undefined when the path has not the right length. */
export function rootOfInclusion(
  join: JoinNodes,
  leaf: { readonly hash: string; readonly index: number },
  size: number,
  path: readonly string[],
): string | undefined {
  const ranges = inclusionRanges(leaf.index, { from: 0, to: size });
  if (leaf.index >= size || ranges.length !== path.length) return undefined;
  return ranges.reduce((root, { from }, at) => {
    const beside = path[at] ?? "";
    return from > leaf.index ? join(root, beside) : join(beside, root);
  }, leaf.hash);
}

export interface Heads {
  readonly old: { readonly size: number; readonly root: string };
  readonly now: { readonly size: number; readonly root: string };
}

/** Does the newer tree begin with the records of the older one? (RFC 9162, 2.1.4.2) */
export function isConsistent(join: JoinNodes, { old, now }: Heads, path: readonly string[]): boolean {
  if (old.size > now.size) return false;
  if (old.size === 0) return path.length === 0;
  if (old.size === now.size) return path.length === 0 && old.root === now.root;
  const ranges = consistencyRanges(old.size, now.size);
  if (ranges.length !== path.length) return false;
  // A power of two: the old root itself is where both ways up begin.
  const isWhole = Number.isInteger(Math.log2(old.size));
  const start = isWhole ? old.root : (path[0] ?? "");
  let [oldRoot, newRoot] = [start, start];
  for (let at = isWhole ? 0 : 1; at < path.length; at++) {
    const beside = path[at] ?? "";
    if ((ranges[at]?.from ?? 0) >= old.size) newRoot = join(newRoot, beside);
    else [oldRoot, newRoot] = [join(beside, oldRoot), join(beside, newRoot)];
  }
  return oldRoot === old.root && newRoot === now.root;
}
