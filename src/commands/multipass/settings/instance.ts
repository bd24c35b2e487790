/** Settings of one instance: `local.INSTANCE.cpus`, `memory`, `disk` and `bridged`. */
import type { InstanceView } from "../../../model/view.ts";
import { confirmBridges, noBridgingText, readInterfaces, unbridged } from "../bridging.ts";
import type { MultipassContext } from "../context.ts";
import { bridgedKey } from "../launch/networks.ts";
import { humanSize, noSize, readSize } from "../sizes.ts";
import { failed } from "../stop.ts";
import { changeSetting } from "./change.ts";
import { daemonInvalid } from "./faults.ts";
import type { Assignment } from "./faults.ts";
import type { InstanceProperty } from "./key.ts";
import { readTruth } from "./truth.ts";

const memoryMin = 512 * 2 ** 20;

interface Of {
  readonly instance: string;
  readonly property: InstanceProperty;
}

/** Throws `Stop`. */
export async function readInstance({ api }: MultipassContext, { instance, property }: Of): Promise<string> {
  const view = (await api.call("instance.list", {})).find(({ name }) => name === instance);
  if (!view) throw failed("get", fault("Cannot obtain instance settings", instance, "No such instance"));
  if (property === "bridged") return String(await isBridged(api, instance));
  return property === "cpus" ? String(view.specs.cpus) : humanSize(view.specs[property]);
}

/** Throws `Stop`, and what the daemon says. */
export async function writeInstance(
  context: MultipassContext,
  assignment: Assignment,
  { instance, property }: Of,
): Promise<void> {
  const view = (await context.api.call("instance.list", {})).find(({ name }) => name === instance);
  const why = refusal(view);
  if (!view || why !== undefined)
    throw failed("set", fault("Cannot update instance settings", instance, why ?? "No such instance"));
  if (property === "bridged") return bridge(context, assignment, instance);
  const value = property === "cpus" ? readCpus(assignment) : readBytes(assignment, property, view);
  await changeSetting(context, { key: `local.${instance}.${property}`, value: String(value) });
}

const fault = (what: string, instance: string, why: string): string => `${what}; instance: ${instance}; reason: ${why}`;

function refusal(view: InstanceView | undefined): string | undefined {
  if (!view) return "No such instance";
  if (view.state === "Deleted") return "Instance is deleted";
  if (view.operation?.kind === "launch" || view.operation?.kind === "fork") return "instance is being prepared";
  const isOff = view.power === "off" || view.power === "crashed";
  return isOff ? undefined : "Instance must be stopped for modification";
}

function readCpus(assignment: Assignment): number {
  const cpus = /^\s*\+?\d{1,9}\s*$/.test(assignment.value) ? Number(assignment.value) : 0;
  if (cpus >= 1) return cpus;
  throw daemonInvalid(assignment, "Need a positive integer (in decimal format) of minimum 1");
}

function readBytes(assignment: Assignment, property: "memory" | "disk", { specs }: InstanceView): number {
  const bytes = readSize(assignment.value);
  if (bytes === undefined) throw daemonInvalid(assignment, noSize(assignment.value));
  if (bytes === 0) throw daemonInvalid(assignment, "Need a positive size.");
  if (property === "memory" && bytes < memoryMin)
    throw daemonInvalid(assignment, "Memory less than 512M minimum not allowed");
  if (property === "disk" && bytes < specs.disk) throw daemonInvalid(assignment, "Disk can only be expanded");
  return bytes;
}

async function isBridged(api: MultipassContext["api"], instance: string): Promise<boolean> {
  const [row] = await api.call("settings.list", { key: `local.${instance}.bridged` });
  return row?.value === "true";
}

/** One more card, which nothing takes away again under this name. */
async function bridge(context: MultipassContext, assignment: Assignment, instance: string): Promise<void> {
  const isWanted = readTruth(assignment);
  const isSo = await isBridged(context.api, instance);
  if (isSo && !isWanted) throw failed("set", "Removing the bridged network is currently not supported");
  if (isSo === isWanted) return;
  const [row] = await context.api.call("settings.list", { key: bridgedKey });
  const network = row?.value ?? "";
  const { usable, why } = network === "" ? { usable: [] } : await readInterfaces(context);
  if (!usable.some(({ name }) => name === network)) throw failed("set", notBridgeable(network));
  if (why !== undefined) throw failed("set", noBridgingText(why));
  const makesBridges = unbridged(usable, [network]).length > 0;
  if (makesBridges) await confirmBridges(context, "set", [network]);
  await changeSetting(context, { key: `local.${instance}.bridged`, value: "true", makesBridges });
}

const notBridgeable = (network: string): string =>
  `Invalid network '${network}' set as bridged interface, use \`multipass set local.bridged-network=<name>\` to correct. See \`multipass networks\` for valid names.`;
