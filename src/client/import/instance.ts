/** One instance of Multipass's storage: what of it can be taken over, or why not. */
import { exitCodes, type Hint, messageOf, UserError } from "../../errors.ts";
import type { ForeignInstance } from "../../model/foreign.ts";
import { loginName } from "../../model/import.ts";
import { parseName } from "../../model/name.ts";
import { listPlain, readPlain } from "../../sys/plain-file.ts";
import { judgeDisk, type JudgedDisk } from "./disk.ts";
import { diskFolder, lastName } from "./places.ts";
import { type ImageRecord, type InstanceRecord, type Read, readHead, RecordFault, readSnapshot } from "./records.ts";
import { type Ordered, orderSnapshots } from "./snapshots.ts";

/** A snapshot's file holds some hundred bytes and the mounts of then. */
const snapshotBytesMax = 2 ** 20;
const snapshotFile = /^\d{4}\.snapshot\.json$/;

const running: ReadonlySet<string> = new Set(["starting", "restarting", "running", "delayed shutdown", "suspending"]);

/** What the storage says of one name. */
export interface Entry {
  readonly name: string;
  readonly instance: Read<InstanceRecord>;
  /** Undefined: it has none. */
  readonly image: Read<ImageRecord> | undefined;
}

/** Throws a `UserError`, or an error that says what is wrong with a file. */
export async function readInstance(directory: string, { name, instance, image }: Entry): Promise<ForeignInstance> {
  parseName(name);
  const found = known(instance, "its entry");
  const made = known(image, "its image's record");
  if (!loginName.test(found.user))
    throw new UserError("user-invalid", `its user "${found.user.slice(0, 40)}" is no name that strata can log in with`);
  refuseRunning(name, found);
  const folder = diskFolder(directory, name);
  for (const each of ["vault", "vault/instances"]) listPlain(`${directory}/${each}`);
  const names = listPlain(folder);
  if (!names) throw new UserError("disk-missing", `its folder ${folder} is missing`);
  const disk = await judgeDisk(`${folder}/${lastName(made.path)}`);
  refuseHeld(name, found, disk);
  const ordered = await snapshotsIn(folder, names);
  if (disk.format === "raw" && ordered.snapshots.length > 0)
    throw new UserError("snapshots-invalid", "its disk is raw, so that its snapshots cannot be in there");
  return described(name, found, made, disk, ordered);
}

function known<Value>(read: Read<Value> | undefined, what: string): Value {
  if (read === undefined) throw new UserError("record-missing", `${what} is missing`);
  if (read instanceof RecordFault) throw new UserError("record-damaged", `${what} ${read.message}`);
  return read;
}

function refuseRunning(name: string, { state }: InstanceRecord): void {
  if (!running.has(state)) return;
  throw new UserError("instance-running", `it is ${state} in Multipass, which writes to its disk`, {
    exit: exitCodes.failed,
    hints: stopFirst(name),
  });
}

/** Its record may be old; a machine that runs holds its disk. */
function refuseHeld(
  name: string,
  { state }: InstanceRecord,
  { path, isLocked = state === "unknown" }: JudgedDisk,
): void {
  if (!isLocked) return;
  throw new UserError("disk-in-use", `a program may be writing to its disk ${path}`, { hints: stopFirst(name) });
}

const stopFirst = (name: string): Hint[] => [["next", `multipass stop ${name}`]];

async function snapshotsIn(folder: string, names: readonly string[]): Promise<Ordered> {
  const files = names.filter((each) => snapshotFile.test(each));
  const records = [];
  for (const file of files) records.push(await read(`${folder}/${file}`, readSnapshot));
  if (records.length === 0) return { snapshots: [] };
  const head = names.includes("snapshot-head") ? await read(`${folder}/snapshot-head`, readHead) : 0;
  try {
    return orderSnapshots(records, head);
  } catch (error) {
    throw error instanceof RecordFault ? new UserError("snapshots-invalid", `it ${error.message}`) : error;
  }
}

async function read<Value>(path: string, parse: (text: string) => Value): Promise<Value> {
  try {
    return parse((await readPlain(path, snapshotBytesMax)) ?? "");
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    throw new UserError("record-damaged", `${path} ${messageOf(error)}`, { cause: error });
  }
}

function described(
  name: string,
  found: InstanceRecord,
  made: ImageRecord,
  { path, bytes, format }: JudgedDisk,
  { snapshots, head }: Ordered,
): ForeignInstance {
  const { cpus, memory, disk, user, state, isDeleted, mac, mounts } = found;
  return {
    name,
    state,
    isDeleted,
    specs: { cpus, memory, disk },
    user,
    from: { manager: "multipass", name, mac, ...(made.id !== "" && { image: made.id }) },
    title: made.title,
    disk: { path, bytes, format },
    snapshots,
    ...(head !== undefined && { head }),
    mounts,
    notes: notesOf(found),
  };
}

/** What is not as it was. */
function notesOf({ state, extraCards, isDeleted }: InstanceRecord): string[] {
  return [
    ...(isDeleted ? ["it was deleted, so it goes to the trash"] : []),
    ...(state === "suspended"
      ? ["its memory was saved by another QEMU, which alone can load it: it is off, and boots as after a power cut"]
      : []),
    ...(extraCards > 0
      ? [`${extraCards === 1 ? "its second network card is" : `${extraCards} more network cards are`} not taken over`]
      : []),
  ];
}
