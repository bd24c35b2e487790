/** The folders of a look into the past: one in the data directory, one for the socket, both gone when the look is over. */
import { errorCode } from "../../../sys/files.ts";
import type { Files } from "../../../sys/files.ts";
import { checkSocketPath } from "../../../sys/socket.ts";
import type { Sockets } from "../../../sys/socket.ts";
import type { Clock } from "../../../sys/clock.ts";
import { connectNbd } from "./nbd.ts";

export interface Place {
  readonly data: string;
  readonly runtime: string;
  /** In `runtime`. */
  readonly socket: string;
  remove(): Promise<void>;
}

export interface Folders {
  make(): Promise<Place>;
}

interface FolderPorts {
  readonly files: Files;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly dataDirectory: string;
  readonly runtimeDirectory: string;
}

const mode = 0o700;
/** A server that an earlier daemon left waiting answers at once. */
const sweepMs = 1_000;

/** The first use removes what an earlier process left; no other one works on this data directory meanwhile. */
export function createFolders(ports: FolderPorts): Folders {
  const { files, dataDirectory, runtimeDirectory } = ports;
  const [dataRoot, runtimeRoot] = [`${dataDirectory}/past`, `${runtimeDirectory}/past`];
  let swept: Promise<void> | undefined;
  let count = 0;
  const sweep = async () => {
    for (const root of [runtimeRoot, dataRoot])
      for (const name of await namesIn(files, root)) await clear(ports, `${root}/${name}`);
  };
  return {
    make: async () => {
      swept ??= sweep();
      await swept.catch((error: unknown) => {
        swept = undefined;
        throw error;
      });
      const name = String(++count);
      const place = { data: `${dataRoot}/${name}`, runtime: `${runtimeRoot}/${name}` };
      for (const folder of [place.data, place.runtime]) await files.makeDirectory(folder, mode);
      const remove = async () => {
        for (const folder of [place.runtime, place.data]) await clear(ports, folder);
      };
      return { ...place, socket: checkSocketPath(`${place.runtime}/nbd`), remove };
    },
  };
}

async function namesIn(files: Files, directory: string): Promise<string[]> {
  return (await files.stat(directory)) === undefined ? [] : files.list(directory);
}

async function clear(ports: FolderPorts, folder: string): Promise<void> {
  const { files } = ports;
  for (const name of await namesIn(files, folder)) {
    if (name === "nbd") await visit(ports, `${folder}/${name}`);
    await files.remove(`${folder}/${name}`).catch(unlessGone);
  }
  await files.removeDirectory(folder).catch(unlessGone);
}

/** A server that waits for its first client ends when that one leaves. */
async function visit(ports: FolderPorts, path: string): Promise<void> {
  const disk = await connectNbd(ports, path, AbortSignal.timeout(sweepMs)).catch(() => undefined);
  disk?.close();
}

function unlessGone(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}
