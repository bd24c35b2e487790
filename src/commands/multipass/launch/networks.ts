/** `--network SPEC`: which network, how it is set up in the guest, and with what address. */
import type { Input } from "../../../api/contract.ts";
import { confirmBridges, readInterfaces, unbridged } from "../bridging.ts";
import type { MultipassContext } from "../context.ts";
import { failed, lineError } from "../stop.ts";

export interface NetworkSpec {
  readonly name: string;
  readonly mode: "auto" | "manual";
  readonly mac?: string;
}

/** Stands for the value of local.bridged-network. */
export const bridgedName = "bridged";
export const bridgedKey = "networks.bridged";

const macPattern = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** Throws `Stop` with exit 1. */
export function parseNetwork(spec: string): NetworkSpec {
  const fields = spec.split(",").filter(Boolean);
  const read: { name: string; mode: NetworkSpec["mode"]; mac?: string } = { name: "", mode: "auto" };
  for (const field of fields) {
    const [key = "", value, ...more] = field.split("=").filter(Boolean);
    if (value === undefined && fields.length === 1) read.name = key;
    else if (value === undefined || more.length > 0) throw invalid(`Bad network field definition: ${field}`);
    else if (key.toLowerCase() === "name") read.name = value;
    else if (key.toLowerCase() === "mode") read.mode = parseMode(value.toLowerCase());
    else if (key.toLowerCase() === "mac") read.mac = parseMac(value);
    else throw invalid(`Bad network field: ${key.toLowerCase()}`);
  }
  if (read.name === "") throw invalid("Bad network definition, need at least a 'name' field");
  return read;
}

function parseMode(mode: string): NetworkSpec["mode"] {
  if (mode === "auto" || mode === "manual") return mode;
  throw invalid(`Bad network mode '${mode}', need 'auto' or 'manual'`);
}

function parseMac(mac: string): string {
  if (macPattern.test(mac)) return mac;
  throw invalid(`Invalid MAC address: ${mac}`);
}

const invalid = (text: string) => lineError(`error: ${text}`);

type Asked = Pick<Input<"instance.launch">, "networks" | "makesBridges">;

/** The part of the request. Asks before a bridge is made. Throws `Stop`. */
export async function readNetworks(context: MultipassContext, networks: readonly NetworkSpec[]): Promise<Asked> {
  if (networks.length === 0) return {};
  const bridged = networks.some(({ name }) => name === bridgedName) ? await readBridged(context) : "";
  const names = networks.map(({ name }) => (name === bridgedName ? bridged : name));
  const { usable, why } = await readInterfaces(context);
  const needed = why === undefined ? unbridged(usable, names) : [];
  if (needed.length > 0) await confirmBridges(context, "launch", needed);
  return { networks: [...networks], ...(needed.length > 0 && { makesBridges: true }) };
}

async function readBridged({ api }: MultipassContext): Promise<string> {
  const [bridged] = await api.call("settings.list", { key: bridgedKey });
  if (bridged && bridged.value !== "") return bridged.value;
  throw failed("launch", "You have to `multipass set local.bridged-network=<name>` to use the `--bridged` shortcut.");
}
