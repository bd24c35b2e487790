/** Bytes of the data directory by what they are for, from the file system alone: no guest and no hypervisor is asked. */
import type { World } from "../events/world.ts";
import { type Usage, type UsageKind, UsageKind as Kinds, type UsagePart } from "../model/usage.ts";
import { errorCode, type Files, type FileStatus } from "../sys/files.ts";

/** More files than any host has of ours; beyond it the answer is a part. */
const filesMax = 100_000;

interface Found {
  /** Below the data directory. */
  readonly path: string;
  readonly status: FileStatus;
}

export interface UsageOptions {
  readonly directory: string;
  readonly files: Pick<Files, "list" | "stat" | "space">;
  readonly world: Pick<World, "instances" | "images" | "layers">;
}

export async function measureUsage({ directory, files, world }: UsageOptions): Promise<Usage> {
  const found: Found[] = [];
  const isPartial = !(await walk(files, directory, "", found));
  const { freeBytes, totalBytes } = await files.space(directory);
  const owners = layerOwners(world);
  const nameOf = namesIn(world, owners);
  const kindIn = (path: string) => owners.get(layerIn(path) ?? "")?.kind ?? kindOf(path);
  const parts = Kinds.options.map((kind) => partOf(kind, found, kindIn, nameOf));
  return {
    directory,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    freeBytes,
    totalBytes,
    isPartial,
    parts,
  };
}

/** Adds everything below `path`; false when there was too much. What goes away meanwhile takes no space. */
async function walk(files: UsageOptions["files"], directory: string, path: string, found: Found[]): Promise<boolean> {
  const absolute = path === "" ? directory : `${directory}/${path}`;
  const names = await files.list(absolute).catch(goneIs<string[]>([]));
  for (const name of names) {
    if (found.length >= filesMax) return false;
    const below = path === "" ? name : `${path}/${name}`;
    const status = await files.stat(`${directory}/${below}`).catch(goneIs<FileStatus | undefined>(undefined));
    if (status) found.push({ path: below, status });
    if (status?.kind === "directory" && !(await walk(files, directory, below, found))) return false;
  }
  return true;
}

function goneIs<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return value;
    throw error;
  };
}

/** What a file is for, by its place in the data directory. */
export function kindOf(path: string): UsageKind {
  const [folder = "", ...rest] = path.split("/");
  if (rest[0] === "quarantine") return "quarantine";
  if (folder === "memories") return "memory";
  if (folder === "images") return "images";
  if (folder === "layers") return "disks";
  if (folder === "log") return "log";
  if (folder === "checkpoints") return "checkpoints";
  if (folder === "qemu") return "qemu";
  if (folder === "keys") return "keys and seeds";
  return folder === "instances" ? kindOfInstanceFile(rest.at(-1) ?? "") : "other";
}

function kindOfInstanceFile(name: string): UsageKind {
  if (name.startsWith("memory")) return "memory";
  if (name.startsWith("seed") || name.startsWith("cloud-init")) return "keys and seeds";
  return name.startsWith("console") || name === "qemu.log" ? "consoles" : "other";
}

interface Named {
  readonly name: string;
  readonly virtualBytes?: number;
  readonly note?: string;
}

interface Owner extends Named {
  readonly kind: "disks" | "points" | "branches";
}

const stemOf = (path: string): string => (path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "");

/** The id of the layer that a file is. */
const layerIn = (path: string): string | undefined => (/^layers\/[^/]+$/.test(path) ? stemOf(path) : undefined);

/** Whose each layer is that a top or a point stands on, and those below them. */
function layerOwners({ instances, layers }: UsageOptions["world"]): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  const below = { note: "below other points" };
  for (const layer of layers.keys()) owners.set(layer, { kind: "points", name: "shared", ...below });
  for (const { name, layer, specs, points, deleted } of instances.values()) {
    for (const point of points) {
      const kind = point.kind === "branch" ? ("branches" as const) : ("points" as const);
      const note = point.kind === "auto" && !point.isHeld ? { note: "goes by itself" } : {};
      owners.set(point.layer, { kind, name: `${name}@${point.name}`, ...note });
    }
    const trash = deleted && { note: "in the trash" };
    owners.set(layer, { kind: "disks", name, virtualBytes: specs.disk, ...trash });
  }
  return owners;
}

/** Whose a file is, for the kinds that are listed one by one. */
function namesIn(
  { instances, images }: UsageOptions["world"],
  owners: ReadonlyMap<string, Owner>,
): (kind: UsageKind, path: string) => Named | undefined {
  const memories = new Map(
    [...instances.values()].flatMap(({ name, points }) =>
      points.flatMap(({ kept, name: point }) => (kept ? [[kept.memory, `${name}@${point}`] as const] : [])),
    ),
  );
  return (kind, path) => {
    const [folder, second = ""] = path.split("/");
    const stem = stemOf(path);
    const owner = owners.get(layerIn(path) ?? "");
    if (owner) return owner;
    if (folder === "memories")
      return { name: memories.get(stem) ?? stem, ...(!memories.has(stem) && { note: "of no point" }) };
    if (kind === "images") {
      if (second === "incoming") return { name: "incoming", note: "being received" };
      const image = images.get(stem);
      return image && { name: image.name, virtualBytes: image.virtualSize };
    }
    if (kind === "disks") return { name: stem, note: "of no instance" };
    const instance = kind === "memory" ? instances.get(second) : undefined;
    if (!instance) return undefined;
    const trash = instance.deleted && { note: "in the trash" };
    return { name: instance.name, virtualBytes: instance.specs.memory, ...trash };
  };
}

function partOf(
  kind: UsageKind,
  found: readonly Found[],
  kindIn: (path: string) => UsageKind,
  nameOf: ReturnType<typeof namesIn>,
): UsagePart {
  const ours = found.filter(({ path, status }) => status.kind === "file" && kindIn(path) === kind);
  const items = new Map<string, UsagePart["items"][number]>();
  for (const { path, status } of ours) {
    const named = nameOf(kind, path);
    if (!named) continue;
    const { name, virtualBytes, note } = named;
    const bytes = (items.get(name)?.bytes ?? 0) + status.allocatedBytes;
    items.set(name, {
      name,
      bytes,
      ...(virtualBytes !== undefined && { virtualBytes }),
      ...(note !== undefined && { note }),
    });
  }
  return {
    kind,
    bytes: ours.reduce((sum, { status }) => sum + status.allocatedBytes, 0),
    files: ours.length,
    items: [...items.values()].sort((a, b) => b.bytes - a.bytes),
  };
}
