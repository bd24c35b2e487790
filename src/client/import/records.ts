/** The files of Multipass's storage, each parsed to what is used of it. Pure: texts in, facts or a fault out. */
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { ForeignAliases } from "../../model/foreign.ts";
import { parseSize } from "../../model/size.ts";

/** What is wrong with a file or an entry of it, as the end of a sentence that begins with its name. */
export class RecordFault extends Error {}

/** Bytes: digits, as it writes them by itself, or with a unit. */
const Bytes = z.union([z.int().positive(), z.string()]).transform((given, check) => {
  const bytes = typeof given === "number" ? given : sizeOf(given);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  check.addIssue({ code: "custom", message: "no size" });
  return z.NEVER;
});

function sizeOf(text: string): number {
  try {
    return parseSize(text, "its");
  } catch {
    return 0;
  }
}

const specs = { num_cores: z.int().min(1).max(255), mem_size: Bytes, disk_space: Bytes };

/** States by their numbers in its files. */
const states = [
  "off",
  "stopped",
  "starting",
  "restarting",
  "running",
  "delayed shutdown",
  "suspending",
  "suspended",
  "unknown",
  "unavailable",
] as const;
export type State = (typeof states)[number];

const Instance = z.object({
  ...specs,
  ssh_username: z.string().default("ubuntu"),
  state: z.int().min(0).max(9),
  deleted: z.boolean().default(false),
  mac_addr: z.string().max(64).default(""),
  extra_interfaces: z.array(z.unknown()).default([]),
  mounts: z.array(z.object({ source_path: z.string(), target_path: z.string() })).default([]),
});

export interface InstanceRecord {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
  readonly user: string;
  readonly state: State;
  readonly isDeleted: boolean;
  readonly mac: string;
  readonly extraCards: number;
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

const Image = z.object({
  image: z.object({
    path: z.string().min(1),
    id: z.string().max(255).default(""),
    original_release: z.string().max(200).default(""),
    os: z.string().max(200).default(""),
  }),
});

export interface ImageRecord {
  readonly path: string;
  readonly id: string;
  readonly title: string;
}

const Snapshot = z.object({
  snapshot: z.object({
    ...specs,
    name: z.string().min(1),
    comment: z.string().default(""),
    parent: z.int().min(0).default(0),
    index: z.int().min(1).max(9_999),
    creation_timestamp: z.string(),
  }),
});

export interface SnapshotRecord {
  readonly name: string;
  readonly comment: string;
  /** Index of its parent; 0: it has none. */
  readonly parent: number;
  readonly index: number;
  readonly madeAt: string;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
}

/** A value, or what is wrong with it. */
export type Read<Value> = Value | RecordFault;

/** Instances by name. Throws `RecordFault` when nothing can be known of any. */
export function readInstances(text: string): ReadonlyMap<string, Read<InstanceRecord>> {
  const entries = Object.entries(recordOf(text)).filter(([, entry]) => !isGhost(entry));
  return new Map(entries.map(([name, entry]) => [name, orFault(() => instanceOf(entry))]));
}

/** What is left of a launch that never was; Multipass itself passes it over. */
function isGhost(entry: unknown): boolean {
  const { num_cores: cores, mac_addr: mac } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  return cores === 0 && (mac === "" || mac === undefined);
}

function instanceOf(entry: unknown): InstanceRecord {
  const found = parsed(Instance, entry);
  return {
    cpus: found.num_cores,
    memory: found.mem_size,
    disk: found.disk_space,
    user: found.ssh_username || "ubuntu",
    state: states[found.state] ?? "unknown",
    isDeleted: found.deleted,
    mac: found.mac_addr,
    extraCards: found.extra_interfaces.length,
    mounts: found.mounts.map((each) => ({ source: each.source_path, target: each.target_path })),
  };
}

/** Images of instances by the instance's name. Throws `RecordFault`. */
export function readImages(text: string): ReadonlyMap<string, Read<ImageRecord>> {
  return new Map(Object.entries(recordOf(text)).map(([name, entry]) => [name, orFault(() => imageOf(entry))]));
}

function imageOf(entry: unknown): ImageRecord {
  const { path, id, original_release: release, os } = parsed(Image, entry).image;
  // Until it knew other systems it said no name.
  const title = [os || (/^\d/.test(release) ? "Ubuntu" : ""), release].filter(Boolean).join(" ");
  return { path, id, title: title || "unknown image" };
}

/** One `NNNN.snapshot.json`. Throws `RecordFault`. */
export function readSnapshot(text: string): SnapshotRecord {
  const found = parsed(Snapshot, recordOf(text)).snapshot;
  const time = new Date(found.creation_timestamp);
  if (Number.isNaN(time.getTime())) throw new RecordFault(`has no time: ${found.creation_timestamp.slice(0, 40)}`);
  return {
    name: found.name,
    comment: found.comment,
    parent: found.parent,
    index: found.index,
    madeAt: time.toISOString(),
    cpus: found.num_cores,
    memory: found.mem_size,
    disk: found.disk_space,
  };
}

/** `snapshot-head`: the index of the snapshot that the present stands on; 0: none. Throws `RecordFault`. */
export function readHead(text: string): number {
  if (/^\s*\d{1,4}\s*$/.test(text)) return Number(text);
  throw new RecordFault("holds no number of a snapshot");
}

const Alias = z.object({ instance: z.string(), command: z.string(), "working-directory": z.string().default("map") });
const Aliases = z.object({
  "active-context": z.string(),
  contexts: z.record(z.string(), z.record(z.string(), Alias)),
});

/** `multipass_aliases.json`, as it is. Throws `RecordFault`. */
export const readAliases = (text: string): ForeignAliases => parsed(Aliases, recordOf(text));

/** Keys that `multipassd.conf` sets, without their values: one of them is a secret. */
export function readSettings(text: string): string[] {
  const keys: string[] = [];
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const key = /^\s*([^#;=[\s][^=]*?)\s*=\s*\S/.exec(line)?.[1];
    if (key !== undefined) keys.push(`${section}.${key.replaceAll(/[\\/]/g, ".")}`);
  }
  return keys;
}

function recordOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RecordFault(`is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RecordFault("holds no keys and values");
}

function parsed<Schema extends z.ZodType>(schema: Schema, entry: unknown): z.output<Schema> {
  const found = schema.safeParse(entry);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new RecordFault(`is not understood at ${issue?.path.join(".") || "its beginning"}: ${issue?.message ?? ""}`);
}

function orFault<Value>(read: () => Value): Read<Value> {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordFault) return error;
    throw error;
  }
}
