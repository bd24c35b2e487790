/** The options of `multipass launch`, and what is said of their values. */
import { flag, list, text } from "../../command.ts";
import { noSize, readSize } from "../sizes.ts";
import { lineError } from "../stop.ts";
import { timeoutOption } from "../waiting.ts";

const asIs = (given: string): string => given;

export const launchOptions = {
  cpus: text("cpus", "Processors of the instance.\nAt least 1, which is what it gets without this.", "c"),
  disk: text(
    "disk",
    "Size of its disk: a number, of bytes or with K, M or G.\nAt least 1G. Without this: 5G, or what the image takes when that is more.",
    "d",
  ),
  memory: text("memory", "Its memory: a number, of bytes or with K, M or G.\nAt least 512M. Without this: 1G.", "m"),
  name: text(
    "name",
    "Its name: letters, digits and hyphens, a letter first, no hyphen last. Without this, one is made up. Under the name of the primary instance (client.primary-name) it gets your home directory as Home.",
    "n",
  ),
  "cloud-init": text("file> | <url", "A cloud-init configuration for its first boot: a file, a URL, or '-' for stdin."),
  network: list(
    "spec",
    "One more network interface; may be given several times. <spec> is a name that the command networks shows, or 'bridged' for the value of local.bridged-network, or a list of KEY=VALUE with commas between:\n  name: the network\n  mode: auto or manual (auto)\n  mac: the interface's address (without it, one is made up)",
    asIs,
  ),
  bridged: flag("The same as --network bridged"),
  mount: list(
    "source>:<target",
    "A directory of this machine that the instance sees at <target>; may be given several times. Without <target>: under /home/ubuntu, by the directory's own name.",
    asIs,
  ),
  zone: text("zone", "The availability zone that it is put into, by name or number."),
  ...timeoutOption,
};

/** Least values, in bytes. */
export const memoryMin = 512 * 2 ** 20;
export const diskMin = 2 ** 30;

/** Throws `Stop` with exit 1. */
export function parseCpus(given: string): number {
  const cpus = /^\s*\+?\d{1,9}\s*$/.test(given) ? Number(given) : 0;
  if (cpus < 1) throw lineError(`Error: invalid CPU count '${given}', need a positive integer value.`);
  return cpus;
}

/** Bytes. Throws `Stop` with exit 1. */
export function parseBytes(given: string): number {
  const bytes = readSize(given);
  if (bytes === undefined) throw lineError(noSize(given));
  return bytes;
}
