/** Where an instance may speak to outside its network: `all`, `none`, or hosts by name, address or subnet. */
import { UserError, exitCodes } from "../errors.ts";
import { readAddress, readRange } from "./subnet.ts";

/** More are a firewall's task. */
export const hostsMax = 64;
const namePattern = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/;
export const allowNetForm = `all, none, or up to ${hostsMax} of names, IPv4 addresses and subnets, with commas between`;

/** Its one form: small letters, each host once, in the order given. Throws `allow-net-invalid`. */
export function parseAllowNet(text: string): string {
  const given = text.toLowerCase();
  if (given === "all" || given === "none") return given;
  const hosts = [...new Set(given.split(",").map((host) => host.trim()))];
  const wrong = hosts.find((host) => !isHost(host));
  if (wrong !== undefined)
    throw invalid(wrong === "" ? "an empty name is no host" : `"${wrong}" is no host that could be allowed`);
  if (hosts.length > hostsMax) throw invalid(`${hosts.length} hosts are more than can be allowed`);
  return hosts.join(",");
}

/** All digits and dots is an address, or wrong. */
const isHost = (host: string): boolean =>
  host.includes("/")
    ? readRange(host) !== undefined
    : readAddress(host) !== undefined || (namePattern.test(host) && !/^[\d.]+$/.test(host) && !isWord(host));

/** Words that mean something else when they stand alone. */
const isWord = (host: string): boolean => host === "all" || host === "none";

/** Of text in its one form. */
export function egressOf(allowNet = "all"): "all" | "none" | { readonly hosts: readonly string[] } {
  return allowNet === "all" || allowNet === "none" ? allowNet : { hosts: allowNet.split(",") };
}

const invalid = (message: string): UserError =>
  new UserError("allow-net-invalid", message, { exit: exitCodes.usage, hints: [["form", allowNetForm]] });
