/** What is noted beside a log about its records, and what the log itself says of records that are not here: all has to agree. */
import type { Damage, Witness } from "../../model/audit.ts";
import type { Recorded } from "../envelope.ts";
import { archivedData, type ArchivedData } from "./archive/event.ts";
import { checkpointMarks } from "./checkpoint.ts";
import type { VerifyOptions } from "./audit.ts";
import { readHead } from "./head.ts";
import { createSealCheck, type SealCheck } from "./seals/check.ts";
import { logDirectory } from "./segment.ts";

/** What is noted beside the log about its records. */
export interface Evidence {
  readonly witnesses: readonly Witness[];
  readonly seals: SealCheck;
  /** What the log itself says of archives. */
  readonly archives: ArchivedData[];
  /** The newest position that any of it says was durable. */
  readonly newest: number;
}

export async function readEvidence(options: VerifyOptions): Promise<Evidence> {
  const witnesses = await readWitnesses(options);
  const seals = await createSealCheck(options.files, options.directory, options.kept);
  return {
    witnesses,
    seals,
    archives: [],
    newest: Math.max(seals.newest, ...witnesses.map(({ position }) => position)),
  };
}

async function readWitnesses({ files, directory }: VerifyOptions): Promise<Witness[]> {
  const head = await readHead(files, directory);
  const checkpoints = await checkpointMarks(files, directory);
  return [
    ...(head === undefined ? [] : [{ kind: "head" as const, ...head, holds: false }]),
    ...checkpoints.map((mark) => ({ kind: "checkpoint" as const, ...mark, holds: false })),
  ];
}

/** Takes note of an event `log.archived`. */
export function noteArchive({ archives }: Evidence, record: Recorded): void {
  const data = archivedData(record);
  if (data) archives.push(data);
}

/** That they were archived is to be found in the log itself: what lies beside it could be anybody's. */
export function archiveDamage(
  directory: string,
  { position, hash, root }: { readonly position: number; readonly hash: string; readonly root: string },
  archives: readonly ArchivedData[],
): Damage | undefined {
  const isTold = archives.some(
    ({ to, ...told }) => to > position || (to === position && told.hash === hash && told.root === root),
  );
  if (isTold) return undefined;
  const what = `the records 1 to ${position} are missing, and no event says that they were archived`;
  return { kind: "log-incomplete", what, segment: logDirectory(directory), offset: 0, position: 1 };
}

export function witnessDamage(directory: string, position: number, witnesses: readonly Witness[]): Damage | undefined {
  const other = witnesses.find((witness) => !witness.holds);
  if (other === undefined) return undefined;
  const place = { segment: logDirectory(directory), offset: 0, position: Math.min(position + 1, other.position) };
  if (other.position > position) {
    return {
      ...place,
      kind: "log-rolled-back",
      what: `it ends at position ${position}, but the ${other.kind} was at ${other.position}`,
    };
  }
  return {
    ...place,
    kind: "log-chain-broken",
    what: `the ${other.kind} names another record at position ${other.position}`,
  };
}
