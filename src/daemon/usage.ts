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
  readonly world: Pick<World, "instances" | "images">;
}

export async function measureUsage({ directory, files, world }: UsageOptions): Promise<Usage> {
  const found: Found[] = [];
  const isPartial = !(await walk(files, directory, "", found));
  const { freeBytes, totalBytes } = await files.space(directory);
  const nameOf = namesIn(world);
  const parts = Kinds.options.map((kind) => partOf(kind, found, nameOf));
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

/** Whose a file is, for the kinds that are listed one by one. */
function namesIn({ instances, images }: UsageOptions["world"]): (kind: UsageKind, path: string) => Named | undefined {
  const layers = new Map([...instances.values()].map((instance) => [instance.layer, instance]));
  return (kind, path) => {
    const [, second = ""] = path.split("/");
    const stem = second.replace(/\.[^.]*$/, "");
    if (kind === "images") {
      if (second === "incoming") return { name: "incoming", note: "being received" };
      const image = images.get(stem);
      return image && { name: image.name, virtualBytes: image.virtualSize };
    }
    const instance = kind === "disks" ? layers.get(stem) : kind === "memory" ? instances.get(second) : undefined;
    if (!instance) return kind === "disks" ? { name: stem, note: "of no instance" } : undefined;
    return {
      name: instance.name,
      virtualBytes: kind === "disks" ? instance.specs.disk : instance.specs.memory,
      ...(instance.deleted && { note: "in the trash" }),
    };
  };
}

function partOf(kind: UsageKind, found: readonly Found[], nameOf: ReturnType<typeof namesIn>): UsagePart {
  const ours = found.filter(({ path, status }) => status.kind === "file" && kindOf(path) === kind);
  const items = new Map<string, UsagePart["items"][number]>();
  for (const { path, status } of ours) {
    const named = nameOf(kind, path);
    if (!named) continue;
    const before = items.get(named.name)?.bytes ?? 0;
    items.set(named.name, { ...named, bytes: before + status.allocatedBytes });
  }
  return {
    kind,
    bytes: ours.reduce((sum, { status }) => sum + status.allocatedBytes, 0),
    files: ours.length,
    items: [...items.values()].sort((a, b) => b.bytes - a.bytes),
  };
}
