/** Reads the storage of Multipass, with the caller's own rights, and only reads; sends a disk of it to the daemon. */
import type { ApiClient } from "../../api/client.ts";
import { openFrames } from "../../api/frames.ts";
import { runUpload } from "../../api/upload-client.ts";
import type { ForeignStores } from "../../commands/context.ts";
import { errorCode } from "../../sys/files.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { ForeignInstance, ForeignStore, ForeignTrouble } from "../../model/foreign.ts";
import { systemIds } from "../../sys/ids.ts";
import { absolutePath, readPlain } from "../../sys/plain-file.ts";
import { diskPieces } from "./disk.ts";
import { type Entry, readInstance } from "./instance.ts";
import {
  aliasesPlace,
  closedStorage,
  foldersIn,
  imagesFile,
  instancesFile,
  noStorage,
  settingsPlace,
  storagePlaces,
} from "./places.ts";
import {
  type ImageRecord,
  type Read,
  readAliases,
  readImages,
  readInstances,
  readSettings,
  RecordFault,
} from "./records.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Of a file with some hundred instances, with room to spare. */
const recordBytesMax = 2 ** 24;
const settingsBytesMax = 2 ** 20;

export function foreignStores(api: ApiClient, version: string, environment: Environment): ForeignStores {
  return {
    multipass: (directory) => readStore(directory, environment),
    async send({ name, disk }, onBytes, signal) {
      const open = { command: systemIds.next(), name: `multipass-${name}`, bytes: disk.bytes };
      const stream = await openFrames(api, version, "image.upload", open);
      return runUpload(stream, diskPieces(disk, signal), (sent) => onBytes(sent, disk.bytes), signal);
    },
  };
}

async function readStore(given: string | undefined, environment: Environment): Promise<ForeignStore> {
  const { directory, text } = await findStore(given, environment);
  const [instances, images] = [instancesOf(directory, text), await imagesOf(directory)];
  const found: ForeignInstance[] = [];
  const troubles: ForeignTrouble[] = [];
  for (const [name, instance] of instances) {
    const image = images instanceof RecordFault ? images : images.get(name);
    await readInstance(directory, { name, instance, image } satisfies Entry).then(
      (each) => found.push(each),
      (error: unknown) => troubles.push(troubleOf(name, error)),
    );
  }
  return { directory, instances: found, troubles, ...(await besides(directory, environment)) };
}

/** The first place that has one. A place that may not be looked into is no place without one. */
async function findStore(given: string | undefined, environment: Environment) {
  const places = given === undefined ? storagePlaces(environment) : [absolutePath(given)];
  let closed: UserError | undefined;
  for (const directory of places.flatMap(foldersIn)) {
    try {
      const text = await readPlain(`${directory}/${instancesFile}`, recordBytesMax);
      if (text !== undefined) return { directory, text };
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOTDIR") continue;
      if (code !== "EACCES" && code !== "EPERM")
        throw new UserError("storage-damaged", messageOf(error), { cause: error });
      closed ??= closedStorage(directory, error);
    }
  }
  throw closed ?? noStorage(given);
}

/** What cannot be read is not empty. */
function instancesOf(directory: string, text: string) {
  try {
    return readInstances(text);
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    throw new UserError("storage-damaged", `${directory}/${instancesFile} ${error.message}`, { cause: error });
  }
}

/** A fault is each instance's own. */
async function imagesOf(directory: string): Promise<ReadonlyMap<string, Read<ImageRecord>> | RecordFault> {
  const path = `${directory}/${imagesFile}`;
  try {
    const text = await readPlain(path, recordBytesMax);
    return text === undefined ? new RecordFault(`cannot be read: ${path} is missing`) : readImages(text);
  } catch (error) {
    if (error instanceof RecordFault) return new RecordFault(`cannot be read: ${path} ${error.message}`);
    return new RecordFault(`cannot be read: ${messageOf(error)}`);
  }
}

function troubleOf(name: string, error: unknown): ForeignTrouble {
  if (error instanceof UserError) return { name, code: error.code, message: error.message, hints: error.hints };
  return { name, code: "storage-damaged", message: messageOf(error), hints: [] };
}

type Besides = Pick<ForeignStore, "aliases" | "settings" | "faults">;

/** Aliases are the caller's, settings the daemon's; neither keeps an instance from being taken over. */
async function besides(directory: string, environment: Environment): Promise<Besides> {
  const faults: string[] = [];
  const readIf = async <Value>(
    path: string | undefined,
    parse: (text: string) => Value,
  ): Promise<Value | undefined> => {
    if (path === undefined) return undefined;
    try {
      const text = await readPlain(path, settingsBytesMax);
      return text === undefined ? undefined : parse(text);
    } catch (error) {
      faults.push(error instanceof RecordFault ? `${path} ${error.message}` : messageOf(error));
      return undefined;
    }
  };
  const aliases = await readIf(aliasesPlace(environment), readAliases);
  const settings = (await readIf(settingsPlace(directory, environment), readSettings)) ?? [];
  return { ...(aliases && { aliases }), settings, faults };
}
