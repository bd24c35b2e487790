/** Checks for what nobody refers to any more: processes, files and folders of instances that the log does not know. */
import type { World } from "../../events/world.ts";
import type { Check } from "../../model/check.ts";
import { formatSize } from "../../model/size.ts";
import type { Files } from "../../sys/files.ts";
import type { Processes } from "../../sys/process.ts";
import { importedLayers } from "../point-effects.ts";
import { switchSocket } from "../user-network.ts";

export interface LeftoverOptions {
  readonly directory: string;
  readonly runtimeDirectory: string;
  readonly files: Pick<Files, "list" | "stat">;
  readonly processes: Pick<Processes, "list">;
  readonly world: Pick<World, "instances" | "layers" | "dropped">;
  readonly nowMs: number;
}

/** Named in one check at most. */
const namedMax = 3;
/** An image that is still being received is written to all the time. */
const incomingMsMax = 86_400_000;

export async function checkLeftovers(options: LeftoverOptions): Promise<Check[]> {
  return [
    await checkProcesses(options),
    checkSwitch(options),
    await checkLayers(options),
    await checkMemories(options),
    await checkFolders(options),
    await checkIncoming(options),
  ];
}

/** QEMU of ours says the instance's id as its name (`-name ID,process=strata-...`). */
function instanceOf(argv: readonly string[]): string | undefined {
  const said = argv[argv.indexOf("-name") + 1] ?? "";
  return /^([0-9a-f-]{36}),process=strata-/.exec(said)?.[1];
}

async function checkProcesses({ directory, files, processes, world }: LeftoverOptions): Promise<Check> {
  const name = "processes";
  const machines = processes.list().flatMap(({ pid, argv }) => {
    const id = instanceOf(argv);
    return id === undefined ? [] : [{ pid, id, isNamed: argv.some((word) => word.includes(`${directory}/`)) }];
  });
  const lost: number[] = [];
  for (const { pid, id, isNamed } of machines) {
    // A machine of another data directory is none of ours.
    const isOurs = isNamed || (await files.stat(`${directory}/instances/${id}`)) !== undefined;
    if (isOurs && !world.instances.has(id)) lost.push(pid);
  }
  if (lost.length === 0) return { name, verdict: "ok", found: "every machine belongs to an instance" };
  return {
    name,
    verdict: "fail",
    found: `${lost.length} QEMU of this data directory belong to no instance: pid ${some(lost.map(String))}`,
    next: `kill ${lost.slice(0, namedMax).join(" ")}`,
  };
}

/** The process between machines and their networks: one, as long as a machine runs. */
function checkSwitch({ runtimeDirectory, processes, world }: LeftoverOptions): Check {
  const name = "switch";
  const socket = `${runtimeDirectory}/${switchSocket}`;
  const pids = processes.list().flatMap(({ pid, argv }) => (isSwitch(argv, socket) ? [pid] : []));
  const needed = world.instances.values().some(({ running }) => running !== undefined) ? 1 : 0;
  if (pids.length <= needed) return { name, verdict: "ok", found: "no switch of the network is left over" };
  const found = `${pids.length} switches of the network, where ${needed} is needed: pid ${some(pids.map(String))}`;
  return { name, verdict: "warn", found, next: `kill ${pids.slice(0, namedMax).join(" ")}` };
}

const isSwitch = (argv: readonly string[], socket: string): boolean =>
  argv.slice(-3).join(" ") === `helper switch ${socket}`;

/** Tops, what they and the points stand on, what is about to be made, and what goes by itself. */
function neededLayers({ instances, layers, dropped }: LeftoverOptions["world"]): Set<string> {
  const needed = new Set([...layers.keys(), ...dropped.keys()]);
  for (const { layer, pending } of instances.values())
    for (const each of [layer, pending?.wanted?.next, pending?.restore?.next, ...importedLayers({ pending })])
      if (each !== undefined) needed.add(each);
  return needed;
}

/** Memory that points keep. */
async function checkMemories({ directory, files, world }: LeftoverOptions): Promise<Check> {
  const { instances, dropped } = world;
  const needed = new Set(dropped.keys());
  for (const { points, pending } of instances.values())
    for (const each of [...points.map(({ kept }) => kept?.memory), pending?.wanted?.memory])
      if (each !== undefined) needed.add(each);
  const lost = (await listed(files, `${directory}/memories`)).filter(
    (file) => file !== "quarantine" && !needed.has(file.replace(/\.img(\.new)?$/, "")),
  );
  const paths = lost.map((file) => `${directory}/memories/${file}`);
  return left("memories", "every saved memory belongs to a point", "saved memories of no point", paths, "rm -i");
}

async function checkLayers({ directory, files, world }: LeftoverOptions): Promise<Check> {
  const known = neededLayers(world);
  const lost = (await listed(files, `${directory}/layers`)).filter(
    (file) => file !== "quarantine" && !known.has(file.replace(/\.qcow2$/, "")),
  );
  const paths = lost.map((file) => `${directory}/layers/${file}`);
  const sizes = await Promise.all(paths.map(async (path) => (await files.stat(path))?.allocatedBytes ?? 0));
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  return left(
    "disks",
    "every disk belongs to an instance or a point",
    `${formatSize(bytes)} in disks of no instance and no point`,
    paths,
    "rm -i",
  );
}

async function checkFolders({ directory, runtimeDirectory, files, world }: LeftoverOptions): Promise<Check> {
  const ids = [...world.instances.keys()];
  const stored = (await listed(files, `${directory}/instances`)).filter((id) => !world.instances.has(id));
  const ends = new Set(ids.map((id) => id.slice(-12)));
  const sockets = (await listed(files, runtimeDirectory)).filter(
    (name) => /^[0-9a-f]{12}$/.test(name) && !ends.has(name),
  );
  const paths = [
    ...stored.map((id) => `${directory}/instances/${id}`),
    ...sockets.map((name) => `${runtimeDirectory}/${name}`),
  ];
  return left("folders", "every folder belongs to an instance", "folders of no instance", paths, "rm -ri");
}

async function checkIncoming({ directory, files, nowMs }: LeftoverOptions): Promise<Check> {
  const folder = `${directory}/images/incoming`;
  const paths = (await listed(files, folder)).map((file) => `${folder}/${file}`);
  const old: string[] = [];
  for (const path of paths) {
    const status = await files.stat(path);
    if (status && nowMs - status.modifiedMs > incomingMsMax) old.push(path);
  }
  return left("incoming", "no image was left half received", "images half received, a day ago or longer", old, "rm -i");
}

function left(name: string, fine: string, what: string, paths: readonly string[], remove: string): Check {
  if (paths.length === 0) return { name, verdict: "ok", found: fine };
  const next = `${remove} ${paths.slice(0, namedMax).map(quoted).join(" ")}`;
  return { name, verdict: "warn", found: `${what}: ${some(paths)}`, next };
}

const some = (names: readonly string[]) =>
  names.slice(0, namedMax).join(", ") + (names.length > namedMax ? ` and ${names.length - namedMax} more` : "");
/** For a shell. */
const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

async function listed(files: Pick<Files, "list" | "stat">, folder: string): Promise<string[]> {
  return (await files.stat(folder)) === undefined ? [] : files.list(folder);
}
