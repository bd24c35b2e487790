/** Where the driver keeps what: disks and records in the data directory, sockets in the runtime directory. */
import { assert } from "../../errors.ts";
import { dirname } from "../../sys/files.ts";
import { checkSocketPath } from "../../sys/socket.ts";

export interface MachinePaths {
  /** Holds the files below; its presence is what makes an instance known to the driver. */
  readonly directory: string;
  readonly hardware: string;
  readonly run: string;
  /** On which layer its disk stands, and how that came about. */
  readonly disk: string;
  readonly seed: string;
  readonly console: string;
  /** What was in the guest's memory when it was suspended. */
  readonly memory: string;
  /** What QEMU itself says. */
  readonly output: string;
  /** Belongs to the account that QEMU runs under; emptied when the machine is off. */
  readonly runtime: string;
  /** QEMU removes it when it ends in an orderly way, and leaves it when it crashes. */
  readonly qmp: string;
  readonly agent: string;
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const layerPattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

/** The runtime folder is named by the id's random end, since a socket's path may have some hundred bytes only. */
export function machinePaths(dataDirectory: string, runtimeDirectory: string, id: string): MachinePaths {
  assert(idPattern.test(id), `"${id}" is an instance id`);
  const directory = `${dataDirectory}/instances/${id}`;
  const runtime = `${runtimeDirectory}/${id.slice(-12)}`;
  return {
    directory,
    hardware: `${directory}/hardware.json`,
    run: `${directory}/run.json`,
    disk: `${directory}/disk.json`,
    seed: `${directory}/seed.iso`,
    console: `${directory}/console.log`,
    memory: `${directory}/memory.img`,
    output: `${directory}/qemu.log`,
    runtime,
    qmp: checkSocketPath(`${runtime}/qmp`),
    agent: checkSocketPath(`${runtime}/agent`),
  };
}

/** The file of a layer, whichever instance it belongs to. */
export function layerPath(dataDirectory: string, layer: string): string {
  assert(layerPattern.test(layer), `"${layer}" is a layer id`);
  return `${dataDirectory}/layers/${layer}.qcow2`;
}

/** The file of memory that a point keeps. */
export function memoryPath(dataDirectory: string, memory: string): string {
  assert(layerPattern.test(memory), `"${memory}" is a memory id`);
  return `${dataDirectory}/memories/${memory}.img`;
}

/** Where layers and memories wait to be unlinked: beside their own places, so that a rename brings them there. */
export const quarantined = (path: string): string => `${dirname(path)}/quarantine${path.slice(dirname(path).length)}`;

/** `path` as seen from the layers' folder: relative inside the data directory, so that the whole of it can be moved. */
export function backingName(dataDirectory: string, path: string): string {
  if (dirname(path) === `${dataDirectory}/layers`) return path.slice(`${dataDirectory}/layers/`.length);
  return path.startsWith(`${dataDirectory}/`) ? `..${path.slice(dataDirectory.length)}` : path;
}

/** What a layer's parent is by the name written in it: a layer, or the path of an image. */
export function parentNamed(
  dataDirectory: string,
  name: string,
): { readonly layer: string } | { readonly path: string } {
  const [, layer] = /^([^/]+)\.qcow2$/.exec(name) ?? [];
  if (layer !== undefined && layerPattern.test(layer)) return { layer };
  return { path: name.startsWith("../") ? `${dataDirectory}${name.slice(2)}` : name };
}

/** QEMU's name for a disk that stands on a layer: it has 31 characters at most, so the id's random end tells them apart. */
export const nodeOf = (layer: string): string => `L${layer.slice(-30)}`;

/** And for a layer whose file was replaced while a machine had it open. */
export const spareNodeOf = (layer: string): string => `M${layer.slice(-30)}`;
