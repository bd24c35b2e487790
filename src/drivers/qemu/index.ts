/** The QEMU driver: the contract, made of machines, layers and the host's acceleration. */
import { UserError } from "../../errors.ts";
import { dirname } from "../../sys/files.ts";
import type { CreatePlan, Driver, Happening, Hardware } from "../driver.ts";
import { machineAccount, makeReadable, openPassage } from "./access.ts";
import { checkMemory } from "./boot.ts";
import { checkFrozenChain } from "./chain.ts";
import { createContext } from "./context.ts";
import type { QemuContext, QemuOptions } from "./context.ts";
import { discard } from "./discard.ts";
import { noteTop } from "./disk-note.ts";
import { QemuHardware } from "./hardware.ts";
import { checkDiskSize, createLayer, growLayer, inspectImage, readFacts } from "./layers.ts";
import { createMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { mergeFiles } from "./merge.ts";
import { createMounts } from "./mount-devices.ts";
import { backingName, layerPath, machinePaths } from "./paths.ts";
import type { MachinePaths } from "./paths.ts";
import { checkPoint } from "./rewind.ts";
import { emptyQuarantine } from "./quarantine.ts";
import { createPast } from "./past/index.ts";
import { parseRecord } from "./run-record.ts";
import { beginWarm } from "./stranger.ts";
import { extract, takeLayer } from "./take.ts";
import { checkHolds, makeTop } from "./tops.ts";
import { isWritten } from "./written.ts";

/** How often the consoles of running machines are moved to their files. */
const tendPauseMs = 10_000;
/** Every wait within an inspect has a limit of its own. */
const untilAnswered = new AbortController().signal;

/** A driver for the machines of one data directory; several in one process must not share one. */
export function createQemuDriver(options: QemuOptions): Driver {
  const context = createContext(options);
  const { dataDirectory, runtimeDirectory, clock } = options;
  const machines = new Map<string, Machine>();
  const listeners = new Set<(id: string, happening: Happening) => void>();

  const pathsOf = (id: string) => machinePaths(dataDirectory, runtimeDirectory, id);
  const machine = (id: string): Machine => {
    const known = machines.get(id);
    if (known) return known;
    const tell = (happening: Happening) => {
      for (const listener of listeners) listener(id, happening);
    };
    const made = createMachine(context, id, pathsOf(id), tell);
    machines.set(id, made);
    return made;
  };

  const tendAll = () => {
    for (const each of machines.values()) each.tend().catch(() => undefined);
    stopTending = clock.after(tendPauseMs, tendAll);
  };
  let stopTending = clock.after(tendPauseMs, tendAll);

  return {
    name: "qemu",
    features: { survivesDaemon: true, memorySnapshots: true },
    images: {
      inspect: async (path, signal) => {
        await admitMachines(context, path);
        return inspectImage(context, path, signal);
      },
      extract: (from, target, signal) => extract(context, from, target, signal),
    },
    snapshots: {
      freeze: (id, plan, signal) => machine(id).freeze(plan, signal),
      isWritten: (layer, signal) => isWritten(context, layer, signal),
      check: (at, signal) => checkPoint(context, at, signal),
      rewind: (id, plan, signal) => machine(id).rewind(plan, signal),
      merge: async (plan, signal) => {
        const bytes = await mergeFiles(context, plan, signal);
        // The files are right as they are: where a machine cannot let go of the old ones now, it does when it stops.
        for (const id of plan.machines)
          await machine(id)
            .swap(plan, signal)
            .catch(() => signal.throwIfAborted());
        return { bytes };
      },
      take: (plan, signal) => takeLayer(context, plan, signal),
      discard: (what) => discard(context, what),
      empty: (ms, signal) => emptyQuarantine(context, ms, signal),
    },
    files: createPast(context),
    forwards: { apply: (id, plan, signal) => machine(id).forward(plan, signal) },
    ...(options.fileServer && { mounts: createMounts(options.fileServer, (id) => machine(id).mounts) }),
    // A socket is handed to QEMU by what only Linux has.
    ...(options.host.platform === "linux" && {
      links: {
        plug: (id, cables, signal) => machine(id).plug(cables, signal),
        isPlugged: (id, signal) => machine(id).isPlugged(signal),
        unplug: (id, signal) => machine(id).unplug(signal),
      },
    }),
    metrics: { read: (id) => machine(id).counters() },
    check: async (signal) => {
      const { group: _, ...report } = await context.acceleration(signal);
      return report;
    },
    create: (id, plan, signal) => create(context, id, plan, signal),
    start: (id, plan, signal) => machine(id).start(plan, signal),
    stop: (id, how, signal) => machine(id).stop(how, signal),
    suspend: (id, signal) => machine(id).suspend(signal),
    instruct: (id, script, signal) => machine(id).instruct(script, signal),
    identify: (id, plan, signal) => machine(id).identify(plan, signal),
    resize: async (id, { layer, bytes }, signal) => {
      if (await machine(id).resize(bytes, signal)) return;
      await growLayer(context, layerPath(dataDirectory, layer), bytes, signal);
    },
    resume: (id, signal) => machine(id).resume(signal),
    setLink: (id, isUp, signal) => machine(id).setLink(isUp, signal),
    inspect: (id) => machine(id).observe(untilAnswered),
    destroy: async (id, layers, signal) => {
      await machine(id).remove(
        layers.map((layer) => layerPath(dataDirectory, layer)),
        signal,
      );
      machines.delete(id);
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    console: (id, options) => machine(id).console.read(options),
    close: async () => {
      stopTending();
      for (const each of machines.values()) each.release();
      machines.clear();
    },
  };
}

/** The layer first, then the hardware's record, which makes the instance known: an interrupted create is not half an instance. */
async function create(
  context: QemuContext,
  id: string,
  plan: CreatePlan,
  signal: AbortSignal,
): Promise<{ hardware: Hardware }> {
  const { files, dataDirectory, runtimeDirectory, host } = context;
  const paths = machinePaths(dataDirectory, runtimeDirectory, id);
  if ((await files.stat(paths.hardware)) !== undefined)
    return { hardware: parseRecord(QemuHardware, paths.hardware, await files.read(paths.hardware)) };
  checkMemory(plan.specs, host);
  const { base } = plan;
  if ("layer" in base) await checkBase(context, plan.specs.disk, base.layer);
  else await checkImage(context, plan.specs.disk, base);
  for (const directory of [`${dataDirectory}/layers`, paths.directory]) await files.makeDirectory(directory, 0o700);
  if ("layer" in base) await standOnLayer(context, paths, plan, base.layer, signal);
  else await standOnImage(context, plan, base, signal);
  const hardware = await hardwareOf(context, paths, plan, signal);
  await files.writeAtomically(paths.hardware, Buffer.from(JSON.stringify(hardware)), 0o600);
  return { hardware };
}

/** Of memory that it begins with, the one that it was saved from. */
async function hardwareOf(
  context: QemuContext,
  paths: MachinePaths,
  { base, warm }: CreatePlan,
  signal: AbortSignal,
): Promise<QemuHardware> {
  if (warm && "layer" in base) return beginWarm(context, paths, base.layer, warm, signal);
  return context.newestHardware(signal);
}

type ImageBase = Extract<CreatePlan["base"], { path: string }>;

async function checkImage({ files }: QemuContext, bytes: number, { path, format }: ImageBase): Promise<void> {
  const facts = await readFacts(files, path);
  if (facts.format !== format) throw new UserError("image-invalid", `the image is ${facts.format}, not ${format}`);
  checkDiskSize(bytes, facts);
}

async function standOnImage(
  context: QemuContext,
  { layer, specs, ordinal }: CreatePlan,
  base: ImageBase,
  signal: AbortSignal,
): Promise<void> {
  const { dataDirectory, host } = context;
  await admitMachines(context, base.path);
  const owner = machineAccount(host.uid, ordinal);
  const top = {
    path: layerPath(dataDirectory, layer),
    backing: backingName(dataDirectory, base.path),
    format: base.format,
    bytes: specs.disk,
    ...(owner ? { owner } : {}),
  };
  await createLayer(context.files, top, signal);
}

async function checkBase(context: QemuContext, bytes: number, layer: string): Promise<void> {
  await checkFrozenChain(context, layer);
  await checkHolds(context, bytes, layer);
}

/** The layer may be another machine's: both read it from then on. */
async function standOnLayer(
  context: QemuContext,
  paths: MachinePaths,
  { layer, specs, ordinal }: CreatePlan,
  parent: string,
  signal: AbortSignal,
): Promise<void> {
  await makeTop(context, { layer, parent, bytes: specs.disk, ordinal }, signal);
  await noteTop(context, paths, { layer, parent });
}

/** Images are no secret between the machines of one host: every account of theirs may read one. */
async function admitMachines({ files, host, dataDirectory }: QemuContext, path: string): Promise<void> {
  const isOurs = path.startsWith(`${dataDirectory}/`);
  if (host.uid !== 0 || !isOurs || (await files.stat(path))?.kind !== "file") return;
  await openPassage(files, host.platform, [dataDirectory], [dirname(path)]);
  await makeReadable(files, path);
}
