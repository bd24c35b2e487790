/** Bounds on a YAML text whose writer is not known to be sane: the library's work grows faster than the text when it is finely cut or deeply nested. */
import { isAlias, isMap, isNode, isPair, isScalar, Lexer } from "yaml";
import type { Document, Node, YAMLMap } from "yaml";

/** A line of `key: value` is 7, a block of text of any length 1. Parsed and printed in about half a second. */
const tokensMax = 50_000;
const depthMax = 64;

export interface Fault {
  readonly why: string;
  /** Where in the text. */
  readonly offset: number;
}

/** Looks before anything is parsed. */
export function tooManyTokens(text: string): Fault | undefined {
  let tokens = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > tokensMax) return { why: "it has more keys and values than a guest's seed may", offset };
    offset += token.length;
  }
  return undefined;
}

/** Nesting that is too deep, a name for nothing, and a key that stands twice in one map (cloud-init would silently take the last one). */
export function faultIn(document: Document): Fault | undefined {
  const anchors = new Set<string>();
  // In the order of the text: a name must be given before it is used.
  const open: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next;
    if (isAlias(node) && !anchors.has(node.source))
      return { why: "an alias names nothing before it", offset: startOf(node) };
    if (!isNode(node) || isAlias(node)) continue;
    if (node.anchor !== undefined) anchors.add(node.anchor);
    if (isScalar(node)) continue;
    if (depth > depthMax) return { why: `it is nested deeper than ${depthMax} levels`, offset: startOf(node) };
    const twice = isMap(node) ? repeatedKey(node) : undefined;
    if (twice) return { why: "a key stands twice", offset: startOf(twice) };
    const below = node.items.flatMap((item) => (isPair(item) ? [item.key, item.value] : [item]));
    for (const child of below.toReversed()) open.push({ node: child, depth: depth + 1 });
  }
  return undefined;
}

function repeatedKey(map: YAMLMap): Node | undefined {
  const known = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key) || key.value === "<<") continue;
    if (known.has(key.value)) return key;
    known.add(key.value);
  }
  return undefined;
}

export const startOf = (node: Node): number => node.range?.[0] ?? 0;
