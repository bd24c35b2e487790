/** The QEMU driver: the contract, made of machines, layers and the host's acceleration. */
import { UserError } from "../../errors.ts";
import { dirname } from "../../sys/files.ts";
import type { CreatePlan, Driver, Happening, Hardware } from "../driver.ts";
import { machineAccount, makeReadable, openPassage } from "./access.ts";
import { checkMemory } from "./boot.ts";
import { createContext } from "./context.ts";
import type { QemuContext, QemuOptions } from "./context.ts";
import { QemuHardware } from "./hardware.ts";
import { checkDiskSize, createLayer, growLayer, inspectImage, readFacts } from "./layers.ts";
import { createMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { backingName, layerPath, machinePaths } from "./paths.ts";
import { createPast } from "./past/index.ts";
import { parseRecord } from "./run-record.ts";

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
    },
    files: createPast(context),
    check: async (signal) => {
      const { group: _, ...report } = await context.acceleration(signal);
      return report;
    },
    create: (id, plan, signal) => create(context, id, plan, signal),
    start: (id, plan, signal) => machine(id).start(plan, signal),
    stop: (id, how, signal) => machine(id).stop(how, signal),
    suspend: (id, signal) => machine(id).suspend(signal),
    resize: async (id, { layer, bytes }, signal) => {
      if (await machine(id).resize(bytes, signal)) return;
      await growLayer(context, layerPath(dataDirectory, layer), bytes, signal);
    },
    resume: (id, signal) => machine(id).resume(signal),
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
  const { format, path: basePath } = plan.base;
  const facts = await readFacts(files, basePath);
  if (facts.format !== format) throw new UserError("image-invalid", `the image is ${facts.format}, not ${format}`);
  checkDiskSize(plan.specs.disk, facts);
  const hardware = await context.newestHardware(signal);

  for (const directory of [`${dataDirectory}/layers`, paths.directory]) await files.makeDirectory(directory, 0o700);
  await admitMachines(context, basePath);
  const owner = machineAccount(host.uid, plan.ordinal);
  const path = layerPath(dataDirectory, plan.layer);
  const layer = {
    path,
    backing: backingName(dataDirectory, basePath),
    format,
    bytes: plan.specs.disk,
    ...(owner ? { owner } : {}),
  };
  await createLayer(context, layer, signal);
  await files.writeAtomically(paths.hardware, Buffer.from(JSON.stringify(hardware)), 0o600);
  return { hardware };
}

/** Images are no secret between the machines of one host: every account of theirs may read one. */
async function admitMachines({ files, host, dataDirectory }: QemuContext, path: string): Promise<void> {
  const isOurs = path.startsWith(`${dataDirectory}/`);
  if (host.uid !== 0 || !isOurs || (await files.stat(path))?.kind !== "file") return;
  await openPassage(files, host.platform, [dataDirectory], [dirname(path)]);
  await makeReadable(files, path);
}
