/** Checks the seals of a log against its records: each signed with the key of its time, each of exactly these records. */
import type { Files } from "../../../sys/files.ts";
import { archivedData, type ArchivedData } from "../archive/event.ts";
import { hasType, parseLine } from "../line.ts";
import type { Tree } from "../merkle.ts";
import { isSealedBy, parseVerifierKey } from "./note.ts";
import type { Seal } from "../../../model/seal.ts";
import type { PlacedSeal, SealFile, VerifierKey } from "./note.ts";
import { readPublicKey, readSeals } from "./sealer.ts";
import { logDirectory, sealPublicPath, sealsPath } from "../segment.ts";
import type { Damage, SealReport } from "../../../model/audit.ts";

const encoder = new TextEncoder();
const keyedType = encoder.encode("log.keyed");
const settingType = encoder.encode("settings.changed");
const archivedType = encoder.encode("log.archived");

/** A key that the log names, and from which position on. */
interface Keyed {
  readonly position: number;
  readonly text: string;
  readonly key: VerifierKey | undefined;
}

export interface SealCheck {
  /** The newest position that a seal proves durable. */
  readonly newest: number;
  /** To be called instead of `onLine` for a record that is not here, once the tree holds its leaf. */
  onLeaf(tree: Tree): void;
  /** To be called with each good line once the tree holds it; again when a segment is read again. */
  onLine(bytes: Buffer, start: number, end: number, tree: Tree): void;
  /** After the last line. `damage`: of the chain; then only seals of what was read are looked at. */
  finish(position: number, damage: Damage | undefined): { readonly report: SealReport; readonly damage?: Damage };
}

/** `kept`: an earlier seal that somebody has, checked like those in the file. */
export async function createSealCheck(files: Files, directory: string, kept?: Seal): Promise<SealCheck> {
  const file = await readSeals(files, directory);
  const beside = await readPublicKey(files, directory);
  const key = beside === undefined ? undefined : parseVerifierKey(beside);
  const proving = key === undefined ? [] : file.seals.filter((seal) => isSealedBy(seal, key));
  const roots = new Map<number, string | undefined>(
    [...file.seals, ...(kept ? [kept] : [])].map(({ size }) => [size, undefined]),
  );
  const keyed = new Map<number, Keyed>();
  let anchor = { position: 0, value: "none" };
  const anchored = (position: number, value: string) => {
    if (position >= anchor.position) anchor = { position, value };
  };
  const onLeaf = (tree: Tree) => {
    if (roots.has(tree.size())) roots.set(tree.size(), tree.head().root);
  };
  /** What records that are not here said of keys and anchor. */
  const onArchived = ({ keys, to, anchor: then }: ArchivedData) => {
    for (const { position, key: text } of keys)
      if (!keyed.has(position)) keyed.set(position, { position, text, key: parseVerifierKey(text) });
    anchored(to, then);
  };
  return {
    newest: Math.max(0, ...proving.map(({ size }) => size)),
    onLeaf,
    onLine: (bytes, start, end, tree) => {
      onLeaf(tree);
      if (hasType(bytes, start, archivedType)) {
        const about = archivedData(parseLine(bytes, start, end));
        if (about) onArchived(about);
      }
      const isKeyed = hasType(bytes, start, keyedType);
      if (!isKeyed && !hasType(bytes, start, settingType)) return;
      const { position, data } = parseLine(bytes, start, end);
      const text = String(data["key"]);
      if (isKeyed) keyed.set(position, { position, text, key: parseVerifierKey(text) });
      else if (text === "audit.anchor") anchored(position, String(data["value"]));
    },
    finish: (position, damage) => {
      const all = [...keyed.values()].sort((a, b) => a.position - b.position);
      const facts = { directory, file, beside, keyed: all, roots, position, isWhole: !damage };
      const { holding, damage: found } = judgeSeals(facts);
      const keptDamage = kept === undefined || damage ? undefined : judgeKept(facts, kept);
      const newest = file.seals.at(-1);
      const names = new Set(facts.keyed.map(({ text }) => text));
      const report: SealReport = {
        count: file.seals.length,
        holding,
        keys: names.size,
        torn: file.brokenAt === undefined ? file.torn : 0,
        anchor: anchor.value,
        ...(newest === undefined ? {} : { newest: { size: newest.size, root: newest.root, note: newest.note } }),
        ...(facts.keyed.at(-1) === undefined ? {} : { key: facts.keyed.at(-1)?.text ?? "" }),
        ...(kept === undefined ? {} : { kept: { size: kept.size, holds: roots.get(kept.size) === kept.root } }),
      };
      const first = found ?? keptDamage;
      return first === undefined ? { report } : { report, damage: first };
    },
  };
}

interface Facts {
  readonly directory: string;
  readonly file: SealFile;
  /** The key beside the log. */
  readonly beside: string | undefined;
  readonly keyed: readonly Keyed[];
  readonly roots: ReadonlyMap<number, string | undefined>;
  readonly position: number;
  readonly isWhole: boolean;
}

function judgeSeals(facts: Facts): { holding: number; damage?: Damage } {
  const { directory, file, position, isWhole } = facts;
  let holding = 0;
  /** Everything up to here is what was sealed. */
  let proved = 0;
  let damage: Damage | undefined;
  for (const seal of file.seals) {
    if (seal.size > position && !isWhole) continue;
    const found = judgeSeal(facts, seal, proved);
    damage ??= found;
    if (found !== undefined) continue;
    holding++;
    proved = Math.max(proved, seal.size);
  }
  if (file.brokenAt !== undefined)
    damage ??= {
      kind: "seal-broken",
      what: "a seal cannot be read",
      segment: sealsPath(directory),
      offset: file.brokenAt,
      position: proved + 1,
    };
  damage ??= isWhole ? judgeKey(facts) : undefined;
  return damage === undefined ? { holding } : { holding, damage };
}

function judgeSeal({ directory, keyed, roots, position }: Facts, seal: PlacedSeal, proved: number): Damage | undefined {
  // The key of its time: one that is named later must not vouch for what was before it.
  const key = keyed.findLast((each) => each.position <= seal.size)?.key;
  const place = { segment: sealsPath(directory), offset: seal.offset, position: proved + 1 };
  if (key === undefined || !isSealedBy(seal, key))
    return { ...place, kind: "seal-broken", what: "a seal is not signed with the log's key" };
  if (seal.size > position) {
    const what = `it ends at position ${position}, but a seal is of ${seal.size} records`;
    return { kind: "log-rolled-back", what, segment: logDirectory(directory), offset: 0, position: position + 1 };
  }
  if (roots.get(seal.size) === seal.root) return undefined;
  const range = proved + 1 === seal.size ? `record ${seal.size} is` : `records ${proved + 1} to ${seal.size} are`;
  return { ...place, kind: "log-chain-broken", what: `the ${range} not what was sealed` };
}

/** A seal from elsewhere needs no key of ours: the root alone says what the log must hold. */
function judgeKept({ directory, roots, position }: Facts, kept: Seal): Damage | undefined {
  const place = { segment: logDirectory(directory), offset: 0 };
  if (kept.size > position) {
    const what = `it ends at position ${position}, but the kept seal is of ${kept.size} records`;
    return { ...place, kind: "log-rolled-back", what, position: position + 1 };
  }
  if (roots.get(kept.size) === kept.root) return undefined;
  const what = `the records 1 to ${kept.size} are not those of the kept seal`;
  return { ...place, kind: "log-chain-broken", what, position: 1 };
}

function judgeKey(facts: Facts): Damage | undefined {
  const { directory, beside, keyed } = facts;
  const named = keyed.at(-1);
  if (beside === undefined || beside === named?.text || isBeingReplaced(facts)) return undefined;
  return {
    kind: "seal-broken",
    what: "the key beside the log is not the one that the log names",
    segment: sealPublicPath(directory),
    offset: 0,
    position: named?.position ?? 1,
  };
}

/** A new key is recorded, then written beside the log, then used: after a crash, or on a full disk, the file may be of any key
 *  from the newest seal's on. */
function isBeingReplaced({ file, beside, keyed }: Facts): boolean {
  const sealed = Math.max(0, ...file.seals.map(({ size }) => size));
  const used = keyed.findLast(({ position }) => position <= sealed);
  const later = keyed.filter(({ position }) => position > sealed);
  return [used, ...later].some((each) => each?.text === beside);
}
