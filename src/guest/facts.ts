/** Asks a guest for what it says of itself: one small script, and what its answer comes to. */
import type { GuestFacts } from "../model/guest-facts.ts";
import type { OpenScript } from "./chores.ts";
import { runToEnd } from "./run.ts";

/** Parts of the answer, each below a line with its name. What a guest has no tool for is left out. */
const script = `LC_ALL=C; export LC_ALL
exec 2>/dev/null
echo @load; cat /proc/loadavg
echo @memory; head -n 5 /proc/meminfo
echo @disk; df -Pk /
echo @release; (. /etc/os-release; printf '%s\\n' "$PRETTY_NAME")
echo @ipv4; ip -4 addr show scope global
echo @end`;

const addressesMax = 64;
const releaseCharactersMax = 200;

/** Rejects as opening a session does, and with the signal's reason. */
export async function askFacts(open: OpenScript, signal: AbortSignal): Promise<GuestFacts> {
  const { stdout } = await runToEnd(await open(script, signal), signal);
  return readFacts(stdout);
}

/** A guest says what it likes: only what has the right form is taken. */
export function readFacts(answer: string): GuestFacts {
  const part = (name: string): string => new RegExp(`^@${name}\\n([^]*?)^@`, "m").exec(answer)?.[1] ?? "";
  const [load, memory, disk] = [loadOf(part("load")), memoryOf(part("memory")), diskOf(part("disk"))];
  const release = part("release").split("\n", 1)[0]?.trim().slice(0, releaseCharactersMax);
  return {
    ...(load && { load }),
    ...(memory && { memory }),
    ...(disk && { disk }),
    ...(release && { release }),
    ipv4: addressesOf(part("ipv4")),
  };
}

function loadOf(text: string): GuestFacts["load"] {
  const [, one, five, fifteen] = /^(\d{1,7}\.\d\d) (\d{1,7}\.\d\d) (\d{1,7}\.\d\d) /.exec(text) ?? [];
  return one === undefined ? undefined : [Number(one), Number(five), Number(fifteen)];
}

/** The form of /proc/meminfo, in KiB. */
function memoryOf(text: string): GuestFacts["memory"] {
  const bytes = (name: string) => bytesOf(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1]);
  const [total, available] = [bytes("MemTotal"), bytes("MemAvailable") ?? bytes("MemFree")];
  return used(total, total !== undefined && available !== undefined ? total - available : undefined);
}

/** The form of `df -Pk`: blocks of 1 KiB, whole and used, behind a name that may have spaces. */
function diskOf(text: string): GuestFacts["disk"] {
  const [, total, taken] = / (\d+) +(\d+) +-?\d+ +\d+% \/$/m.exec(text) ?? [];
  return used(bytesOf(total), bytesOf(taken));
}

function bytesOf(kibibytes: string | undefined): number | undefined {
  const bytes = Number(kibibytes) * 1024;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const used = (totalBytes: number | undefined, usedBytes: number | undefined) =>
  totalBytes === undefined || usedBytes === undefined || usedBytes < 0 ? undefined : { usedBytes, totalBytes };

function addressesOf(text: string): string[] {
  const found = [...text.matchAll(/^ +inet ((?:\d{1,3}\.){3}\d{1,3})[/ ]/gm)].map(([, address = ""]) => address);
  const isValid = (address: string) => address.split(".").every((part) => Number(part) <= 255);
  return [...new Set(found.filter(isValid))].slice(0, addressesMax);
}
