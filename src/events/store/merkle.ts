/** The Merkle tree of RFC 6962 over the lines of the log, kept as its compact range: the roots of its full subtrees. */
import { sha256, sha256Bytes, sha256Hex, sha256Into } from "../../sys/hash.ts";

/** What a segment's first line says about all lines before it. Digests are lower-case hexadecimal. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
  /** Roots of the full subtrees, the largest first: enough to go on without reading the lines again. */
  readonly peaks: readonly string[];
}

export interface Tree {
  size(): number;
  /** Adds one line: `bytes[start, end)` without its newline. The leaf is SHA-256(0x00 || line). */
  append(bytes: Uint8Array, start: number, end: number): void;
  /** Adds a line whose leaf is known. */
  appendLeaf(leaf: Uint8Array): void;
  head(): TreeHead;
  /** A copy that grows on its own. */
  fork(): Tree;
}

const leafPrefix = 0;
const nodePrefix = 1;
/** SHA-256(0x00 || line), written into `into`. The byte before the line is borrowed when there is one, which saves a copy. */
function hashLeaf(bytes: Uint8Array, start: number, end: number, into: Uint8Array): void {
  const before = bytes[start - 1];
  if (before === undefined) {
    const copy = new Uint8Array(end - start + 1);
    copy.set(bytes.subarray(start, end), 1);
    return sha256Into(copy, into);
  }
  bytes[start - 1] = leafPrefix;
  sha256Into(bytes.subarray(start - 1, end), into);
  bytes[start - 1] = before;
}

function createTree(startSize: number, startPeaks: readonly Uint8Array[]): Tree {
  // Copies, since a Buffer made by slice() would share its bytes.
  const slots = startPeaks.map((peak) => new Uint8Array(peak));
  const node = new Uint8Array(1 + 2 * sha256Bytes);
  node[0] = nodePrefix;
  let size = startSize;
  let depth = startPeaks.length;

  const join = (left: Uint8Array, right: Uint8Array, into: Uint8Array) => {
    node.set(left, 1);
    node.set(right, 1 + sha256Bytes);
    sha256Into(node, into);
  };
  const slot = (index: number): Uint8Array => (slots[index] ??= new Uint8Array(sha256Bytes));
  const root = (): Uint8Array => {
    if (depth === 0) return sha256(new Uint8Array());
    const result = slot(depth - 1).slice();
    for (let index = depth - 2; index >= 0; index--) join(slot(index), result, result);
    return result;
  };
  const peaks = () => slots.slice(0, depth);
  /** A leaf stands in the last slot. */
  const grow = () => {
    for (let rest = size++; rest % 2 === 1; rest = (rest - 1) / 2) {
      join(slot(depth - 2), slot(depth - 1), slot(depth - 2));
      depth--;
    }
  };
  return {
    size: () => size,
    append: (bytes, start, end) => {
      hashLeaf(bytes, start, end, slot(depth++));
      grow();
    },
    appendLeaf: (leaf) => {
      slot(depth++).set(leaf);
      grow();
    },
    head: () => ({ size, root: toHex(root()), peaks: peaks().map(toHex) }),
    fork: () => createTree(size, peaks()),
  };
}

/** SHA-256(0x01 || left || right) of two roots in hexadecimal. */
export const joinNodes = (left: string, right: string): string =>
  sha256Hex(Buffer.concat([Buffer.from([nodePrefix]), Buffer.from(left, "hex"), Buffer.from(right, "hex")]));

/** SHA-256(0x00 || line). */
export const leafOf = (line: Uint8Array): Uint8Array => sha256(Buffer.concat([Buffer.from([leafPrefix]), line]));

/** The same, hexadecimal. */
export const leafHash = (line: Uint8Array): string => toHex(leafOf(line));

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export const emptyTree = (): Tree => createTree(0, []);

/** The tree that a segment's first line describes, or undefined when size, peaks and root do not fit together. */
export function treeFrom(head: TreeHead): Tree | undefined {
  const tree = createTree(
    head.size,
    head.peaks.map((peak) => Buffer.from(peak, "hex")),
  );
  const isWhole = head.peaks.length === onesIn(head.size);
  return isWhole && tree.head().root === head.root ? tree : undefined;
}

/** How many full subtrees a tree of this size has: the one bits of its size. */
function onesIn(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
