/** Which interfaces the host has that an instance could be bridged to, read from /sys/class/net (sysfs-class-net in the kernel's ABI documentation). */
import type { HostInterface } from "../model/network.ts";
import type { Files } from "../sys/files.ts";

const directory = "/sys/class/net";
/** ARPHRD_ETHER */
const ethernetType = "1";
/** Interfaces that are looked at. */
const interfacesMax = 1_000;

type Reading = Pick<Files, "list" | "read" | "stat">;

/** By name; without the loopback, the ends of machines' cables (`isOurs` tells ours) and what else carries no Ethernet. */
export async function readHostInterfaces(
  files: Reading,
  isOurs: (name: string) => boolean = () => false,
): Promise<HostInterface[]> {
  if ((await files.stat(directory)) === undefined) return [];
  const names = (await files.list(directory)).filter((name) => !isOurs(name)).sort();
  const found = await Promise.all(names.slice(0, interfacesMax).map((name) => readOne(files, name)));
  return found.filter((each) => each !== undefined);
}

async function readOne(files: Reading, name: string): Promise<HostInterface | undefined> {
  const has = async (what: string) => (await files.stat(`${directory}/${name}/${what}`)) !== undefined;
  if ((await textOf(files, `${directory}/${name}/type`)) !== ethernetType || (await has("tun_flags"))) return undefined;
  if (await has("bridge")) {
    const ports = await portsOf(files, name);
    const description = ports.length === 0 ? "Network bridge" : `Network bridge with ${ports.join(", ")}`;
    return { name, type: "bridge", description, isUsable: true, needsBridge: false };
  }
  // A station sends with no other address than its own.
  if ((await has("wireless")) || (await has("phy80211")))
    return { name, type: "wifi", description: "Wi-Fi device", isUsable: false, needsBridge: false };
  const isPort = await has("master");
  const description = isPort ? "Ethernet device, in a bridge or a bond" : "Ethernet device";
  return { name, type: "ethernet", description, isUsable: !isPort, needsBridge: !isPort };
}

const portsOf = async (files: Reading, bridge: string): Promise<string[]> =>
  (await files.list(`${directory}/${bridge}/brif`).catch(() => [])).sort();

/** Empty for what is gone meanwhile. */
const textOf = async (files: Reading, path: string): Promise<string> =>
  files.read(path).then(
    (bytes) => Buffer.from(bytes).toString().trim(),
    () => "",
  );
