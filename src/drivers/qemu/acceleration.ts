/** Which accelerator really works here: a rule over facts, and the facts. Says why not a faster one, and what would help. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { Host } from "../../sys/host.ts";
import type { HostReport } from "../driver.ts";

export type AcceleratorSetting = "auto" | "kvm" | "tcg";

export interface KvmFacts {
  readonly setting: AcceleratorSetting;
  /** Can the account that machines run under open /dev/kvm for reading and writing? */
  readonly device: "missing" | "closed" | "open";
  /** /proc/cpuinfo has `vmx` or `svm`. */
  readonly hasFlag: boolean;
  /** May machines open it by belonging to the device's group? */
  readonly isGroupOpen: boolean;
  /** The daemon is root: machines run under accounts of their own, with the device's group. */
  readonly isRoot: boolean;
  readonly user: string;
}

export type Choice = Pick<HostReport, "why" | "next"> & { readonly accelerator: "kvm" | "tcg" };

/** The rule for Linux. `isFast` is asked only when everything else speaks for KVM. Throws `driver-unavailable` when KVM is forced and cannot be. */
export async function chooseOnLinux(facts: KvmFacts, isFast: () => Promise<boolean>): Promise<Choice> {
  if (facts.setting === "tcg") return { accelerator: "tcg" };
  const isForced = facts.setting === "kvm";
  if (facts.device === "open" && (isForced || (facts.hasFlag && (await isFast())))) return { accelerator: "kvm" };
  const reason = whyNot(facts);
  if (!isForced) return { accelerator: "tcg", ...reason };
  throw new UserError(
    "driver-unavailable",
    `KVM was asked for and cannot be used: ${reason.why ?? "/dev/kvm is missing"}`,
    {
      hints: [...(reason.next ? [["next", reason.next] as const] : []), ["or", "set the accelerator to auto"]],
    },
  );
}

function whyNot({ device, hasFlag, isGroupOpen, isRoot, user }: KvmFacts): Pick<HostReport, "why" | "next"> {
  if (device === "closed") {
    const open = isGroupOpen ? [] : ["sudo chgrp kvm /dev/kvm", "sudo chmod 660 /dev/kvm"];
    const join = isRoot ? [] : [`sudo usermod -aG kvm ${user}, then log in again`];
    return { why: `/dev/kvm is there, but ${user} may not open it`, next: [...open, ...join].join(" && ") };
  }
  if (device === "open" && !hasFlag) return { why: "/dev/kvm is there, but the processor has neither vmx nor svm" };
  if (device === "open") return { why: "/dev/kvm is there, but a machine under it is slower than emulation" };
  return hasFlag
    ? { why: "the processor can virtualize, but /dev/kvm is missing", next: "sudo modprobe -a kvm_intel kvm_amd" }
    : {};
}

/** The facts of this host. Root does not ask for itself: machines run without its rights, with the device's group. */
export async function readKvmFacts(
  files: Files,
  host: Host,
  setting: AcceleratorSetting,
): Promise<KvmFacts & { readonly group?: number }> {
  const status = await files.stat("/dev/kvm");
  const cpu = Buffer.from(await files.read("/proc/cpuinfo")).toString("latin1");
  const isRoot = host.uid === 0;
  // Root's own group is none to hand out.
  const isGroupOpen = status !== undefined && status.gid !== 0 && (status.mode & 0o060) === 0o060;
  const isOpen = isRoot ? isGroupOpen || ((status?.mode ?? 0) & 0o006) === 0o006 : await canOpen(files, "/dev/kvm");
  const device = status === undefined ? "missing" : isOpen ? "open" : "closed";
  const user = isRoot ? "the accounts of machines" : host.user;
  return {
    setting,
    device,
    hasFlag: /^flags\s*:.*\b(vmx|svm)\b/m.test(cpu),
    isGroupOpen,
    isRoot,
    user,
    ...(isRoot && isGroupOpen ? { group: status.gid } : {}),
  };
}

async function canOpen(files: Files, path: string): Promise<boolean> {
  try {
    await (await files.open(path, "write")).close();
    return true;
  } catch (error) {
    if (["ENOENT", "EACCES", "EPERM", "ENODEV", "ENXIO"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

const Cached = z.object({ boot: z.string(), build: z.string(), isFast: z.boolean() });

/** Remembers the answer for as long as this host is up and QEMU stays the same; a broken record is asked anew. */
export async function oncePerBoot(
  files: Files,
  path: string,
  key: { boot: string; build: string },
  ask: () => Promise<boolean>,
): Promise<boolean> {
  const stored = (await files.stat(path)) === undefined ? undefined : parse(await files.read(path));
  if (stored?.boot === key.boot && stored.build === key.build) return stored.isFast;
  const isFast = await ask();
  await files.writeAtomically(path, Buffer.from(JSON.stringify({ ...key, isFast })), 0o600);
  return isFast;
}

function parse(bytes: Uint8Array): z.infer<typeof Cached> | undefined {
  try {
    return Cached.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  } catch {
    return undefined;
  }
}
