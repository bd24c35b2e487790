/** What was acknowledged, kept apart from the daemon: each record's place on the medium, the fold of all, and every operation's end. */
import { ends, opens } from "../../src/events/projections/endings.ts";
import { upcast } from "../../src/events/catalog.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { segmentAt } from "../../src/events/store/segment.ts";
import { emptyWorld, evolveWorld, type World } from "../../src/events/world.ts";
import type { OperationKind, OperationResult } from "../../src/model/operation.ts";
import type { SimulatedDisk } from "./disk.ts";

export const directory = "/data";

export interface LedgerOperation {
  readonly kind: OperationKind;
  /** The client's command that asked for it. */
  readonly command: string;
  readonly end?: Exclude<OperationResult, "pending">;
}

export interface Ledger {
  /** Of the newest acknowledged record. */
  position(): number;
  /** The fold of all acknowledged records. */
  readonly world: World;
  readonly operations: ReadonlyMap<string, LedgerOperation>;
  /** A record is told of as durable, now or again. Throws when it is not on the medium, not the next, or not the same. */
  note(record: Recorded): void;
  /** Throws unless every acknowledged byte is on the medium. */
  checkMedium(): void;
}

/** What is known of one segment: a copy of its acknowledged bytes. */
interface KeptSegment {
  readonly path: string;
  bytes: Buffer;
}

export function createLedger(disk: SimulatedDisk): Ledger {
  const world = emptyWorld();
  const hashes: string[] = [];
  const segments: KeptSegment[] = [];
  const operations = new Map<string, LedgerOperation>();
  const openedBy = new Map<string, string>();

  const keep = (record: Recorded): void => {
    const last = segments.at(-1);
    const line = last && lineAt(disk, last.path, last.bytes.length, record.hash);
    if (last && line) {
      last.bytes = Buffer.concat([last.bytes, line]);
      return;
    }
    const { path } = segmentAt(directory, record.position);
    const first = lineAt(disk, path, 0, record.hash);
    if (!first) throw new Error(`position ${record.position} is acknowledged and not on the medium`);
    segments.push({ path, bytes: first });
  };
  const noteOperation = (record: Recorded): void => {
    const { operation, command, position } = record;
    if (operation === undefined) return;
    const kind = opens(record);
    if (kind) {
      if (operations.has(operation)) throw new Error(`position ${position} opens operation ${operation} again`);
      const earlier = openedBy.get(command);
      if (earlier !== undefined) throw new Error(`command ${command} ran twice: ${earlier} and ${operation}`);
      openedBy.set(command, operation);
      operations.set(operation, { kind, command });
    }
    const opened = operations.get(operation);
    const end = opened && ends(record, opened.kind)?.result;
    if (!opened || end === undefined) return;
    if (opened.end !== undefined) throw new Error(`operation ${operation} ends twice, at last at position ${position}`);
    operations.set(operation, { ...opened, end });
  };
  return {
    position: () => hashes.length,
    world,
    operations,
    note: (record) => {
      const { position, hash, time } = record;
      if (position <= hashes.length) {
        if (hashes[position - 1] !== hash) throw new Error(`acknowledged position ${position} is changed`);
        return;
      }
      if (position !== hashes.length + 1) throw new Error(`position ${position} follows ${hashes.length}`);
      if (time < world.time) throw new Error(`position ${position} is of ${time}, before ${world.time}`);
      keep(record);
      hashes.push(hash);
      evolveWorld(world, upcast(record));
      noteOperation(record);
    },
    checkMedium: () => {
      for (const { path, bytes } of segments) {
        const found = disk.medium(path);
        if (!found || !bytes.equals(found.subarray(0, bytes.length)))
          throw new Error(`acknowledged bytes of ${path} are ${found ? "changed or cut" : "gone"}`);
      }
    },
  };
}

/** The line on the medium that starts there and ends with this hash. */
function lineAt(disk: SimulatedDisk, path: string, offset: number, hash: string): Buffer | undefined {
  const found = disk.medium(path);
  if (!found) return undefined;
  const stop = found.indexOf(0x0a, offset);
  if (stop < 0) return undefined;
  const line = Buffer.from(found.subarray(offset, stop + 1));
  return line.subarray(-hash.length - 3).toString("latin1") === `${hash}"}\n` ? line : undefined;
}
