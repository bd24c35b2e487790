/** What a line of `multipass launch` asks of the daemon, besides the image. */
import type { Input } from "../../../api/contract.ts";
import type { MultipassContext } from "../context.ts";
import { isName } from "../names.ts";
import type { MultipassInput } from "../verb.ts";
import { timeoutMs } from "../waiting.ts";
import { readZones, zoneLabel, zoneNames } from "../zones.ts";
import type { ZoneName } from "../zones.ts";
import { readCloudInit } from "./cloud-init.ts";
import { refuseArguments } from "./failure.ts";
import { checkSources } from "./mounts.ts";
import { bridgedName, parseNetwork, readNetworks } from "./networks.ts";
import { diskMin, type launchOptions, memoryMin, parseBytes, parseCpus } from "./options.ts";
import { anyZone, readZone } from "./zone.ts";

/** A start of the missing primary instance gives no more than a name. */
export type Given = Partial<MultipassInput<typeof launchOptions>["options"]>;
export type Request = Omit<Input<"instance.launch">, "command" | "outside" | "image">;

/** Everything that the line says about the instance, checked in the reference's order. Throws `Stop`. */
export async function readRequest(
  context: MultipassContext,
  given: Given,
): Promise<{ readonly request: Request; readonly zone: ZoneName }> {
  const { mount = [], network = [] } = given;
  // An empty name is none: one is made up.
  const name = given.name === "" ? undefined : given.name;
  const cpus = given.cpus === undefined ? undefined : parseCpus(given.cpus);
  const memory = given.memory === undefined ? undefined : parseBytes(given.memory);
  const disk = given.disk === undefined ? undefined : parseBytes(given.disk);
  const wantedZone = given.zone === undefined ? undefined : readZone(given.zone);
  checkSources(context, mount);
  const source = given["cloud-init"];
  const cloudInit = source === undefined ? undefined : await readCloudInit(context, source);
  const networks = [...(given.bridged ? [bridgedName] : []), ...network].map(parseNetwork);
  const unavailable = await readZones(context);
  refuseArguments([
    memory !== undefined && memory < memoryMin && `Invalid memory size value supplied: ${given.memory}.`,
    disk !== undefined && disk < diskMin && `Invalid disk size value supplied: ${given.disk}.`,
    name !== undefined && !isName(name) && `Invalid instance name supplied: ${name}`,
    wantedZone !== undefined && unavailable.has(wantedZone) && `Unavailable zone name supplied: ${wantedZone}`,
  ]);
  const connected = await readNetworks(context, networks);
  const zone = wantedZone ?? anyZone(unavailable);
  const request = {
    ...(name !== undefined && { name }),
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory }),
    ...(disk !== undefined && { disk }),
    ...connected,
    ...(cloudInit !== undefined && { cloudInit }),
    ...(zone !== zoneNames[0] && { labels: { [zoneLabel]: zone } }),
    ...timeoutMs(given.timeout),
  };
  return { request, zone };
}
