/** What people say of networks: their names, and `name=eth1,mode=manual,mac=52:54:00:12:34:56` for what an instance is connected to. */
import { UserError, exitCodes } from "../errors.ts";
import type { Interface } from "./network.ts";

/** The network that is always there. */
export const defaultNetwork = "default";
/** Stands for the value of `networks.bridged`. */
export const bridgedWord = "bridged";
/** One that is no group's, in small letters: the lowest bit of its first byte says that. */
export const macPattern = /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/;
/** Beside the first card, of the eight that a machine has room for; the others are for mounts. */
export const interfacesMax = 4;
/** Of a network of the host, as the kernel allows it (IFNAMSIZ, without the end) and somebody may want it shown. */
const interfacePattern = /^[^\s/,=]{1,15}$/;
const networkPattern = /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

export interface NetworkWord {
  readonly name: string;
  readonly mode?: "auto" | "manual";
  readonly mac?: string;
}

/** Throws `network-name-invalid`. */
export function parseNetworkName(text: string): string {
  if (networkPattern.test(text)) return text;
  const meant = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "")
    .slice(0, 32);
  throw new UserError("network-name-invalid", `"${text}" is not a network name`, {
    exit: exitCodes.usage,
    hints: [
      ...(networkPattern.test(meant) ? [["did you mean", meant] as const] : []),
      ["form", "small letters, digits and hyphens, a letter first, no hyphen last, at most 32 characters"],
    ],
  });
}

/** Throws `network-invalid`. */
export function parseNetworkWord(text: string): NetworkWord {
  if (!text.includes("=")) return { name: checkName(text, text) };
  const read: { name?: string; mode?: NetworkWord["mode"]; mac?: string } = {};
  for (const field of text.split(",")) {
    const at = field.indexOf("=");
    const [key, value] = [field.slice(0, Math.max(at, 0)), field.slice(at + 1)];
    if (key === "name") read.name = value;
    else if (key === "mode" && (value === "auto" || value === "manual")) read.mode = value;
    else if (key === "mac" && macPattern.test(value.toLowerCase())) read.mac = value.toLowerCase();
    else throw invalid(text, `"${field}" means nothing`);
  }
  const { mode, mac } = read;
  return {
    ...(mode !== undefined && { mode }),
    ...(mac !== undefined && { mac }),
    name: checkName(read.name ?? "", text),
  };
}

function checkName(name: string, text: string): string {
  if (interfacePattern.test(name) || networkPattern.test(name)) return name;
  throw invalid(text, name === "" ? "it names no network" : `"${name}" can be no network's name`);
}

const invalid = (text: string, why: string): UserError =>
  new UserError("network-invalid", `--network ${text}: ${why}`, {
    exit: exitCodes.usage,
    hints: [
      ["form", "NAME, or name=NAME,mode=auto|manual,mac=52:54:00:12:34:56"],
      ["next", "strata networks"],
    ],
  });

/** Interfaces as one line of text: how a change of them stands in the record. Nothing when there are none. */
export const formatInterfaces = (interfaces: readonly Interface[]): string =>
  interfaces.map(({ network, mode, mac }) => `name=${network},mode=${mode},mac=${mac}`).join(" ");

/** What `formatInterfaces` made. */
export function readInterfaces(text: string): Interface[] {
  if (text === "") return [];
  return text.split(" ").map((word) => {
    const { name, mode = "auto", mac = "" } = parseNetworkWord(word);
    return { network: name, mode, mac };
  });
}
