import { describe, expect, test } from "bun:test";
import { chooseOnLinux, oncePerBoot, readKvmFacts } from "../../../src/drivers/qemu/acceleration.ts";
import type { KvmFacts } from "../../../src/drivers/qemu/acceleration.ts";
import type { Files } from "../../../src/sys/files.ts";
import type { Host } from "../../../src/sys/host.ts";
import { createDisk } from "../../simulation/disk.ts";

const good: KvmFacts = {
  setting: "auto",
  device: "open",
  hasFlag: true,
  isGroupOpen: true,
  isRoot: false,
  user: "ann",
};
const fast = async () => true;
const slow = async () => false;

describe("KVM is used only when it really works", () => {
  const table: [string, Partial<KvmFacts>, () => Promise<boolean>, Awaited<ReturnType<typeof chooseOnLinux>>][] = [
    ["everything speaks for it", {}, fast, { accelerator: "kvm" }],
    [
      "the probe is slow",
      {},
      slow,
      { accelerator: "tcg", why: "/dev/kvm is there, but a machine under it is slower than emulation" },
    ],
    [
      "no flag",
      { hasFlag: false },
      fast,
      { accelerator: "tcg", why: "/dev/kvm is there, but the processor has neither vmx nor svm" },
    ],
    ["no device, no flag", { device: "missing", hasFlag: false }, fast, { accelerator: "tcg" }],
    [
      "no device, though the processor could",
      { device: "missing" },
      fast,
      {
        accelerator: "tcg",
        why: "the processor can virtualize, but /dev/kvm is missing",
        next: "sudo modprobe -a kvm_intel kvm_amd",
      },
    ],
    [
      "not a member of the group",
      { device: "closed" },
      fast,
      {
        accelerator: "tcg",
        why: "/dev/kvm is there, but ann may not open it",
        next: "sudo usermod -aG kvm ann, then log in again",
      },
    ],
    [
      "closed to the accounts of root's machines",
      { device: "closed", isGroupOpen: false, isRoot: true, user: "the accounts of machines" },
      fast,
      {
        accelerator: "tcg",
        why: "/dev/kvm is there, but the accounts of machines may not open it",
        next: "sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm",
      },
    ],
    [
      "closed to every group",
      { device: "closed", isGroupOpen: false },
      fast,
      {
        accelerator: "tcg",
        why: "/dev/kvm is there, but ann may not open it",
        next: "sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm && sudo usermod -aG kvm ann, then log in again",
      },
    ],
    ["emulation forced", { setting: "tcg" }, fast, { accelerator: "tcg" }],
    ["KVM forced, whatever the probe says", { setting: "kvm", hasFlag: false }, slow, { accelerator: "kvm" }],
  ];
  for (const [name, facts, probe, expected] of table)
    test(name, async () => expect(await chooseOnLinux({ ...good, ...facts }, probe)).toEqual(expected));

  test("forced and not openable is an error with the command that helps", () =>
    expect(chooseOnLinux({ ...good, setting: "kvm", device: "closed" }, fast)).rejects.toMatchObject({
      code: "driver-unavailable",
      hints: [["next", "sudo usermod -aG kvm ann, then log in again"], expect.anything()],
    }));

  test("the probe is not run when the rule has already decided", async () => {
    let probes = 0;
    const count = async () => ++probes > 0;
    for (const facts of [{ device: "closed" }, { hasFlag: false }, { setting: "tcg" }, { setting: "kvm" }] as const)
      await chooseOnLinux({ ...good, ...facts }, count);
    expect(probes).toBe(0);
  });
});

describe("the probe's answer is kept for one boot of the host and one build", () => {
  test("asked once, and again after a reboot, another build or damage to the record", async () => {
    const files = createDisk().boot();
    await files.makeDirectory("/data", 0o700);
    let asked = 0;
    const ask = (boot: string, build = "1") =>
      oncePerBoot(files, "/data/probe.json", { boot, build }, async () => {
        asked += 1;
        return true;
      });
    expect([await ask("a"), await ask("a"), asked]).toEqual([true, true, 1]);
    await ask("b");
    await ask("b", "2");
    expect(asked).toBe(3);
    await files.writeAtomically("/data/probe.json", Buffer.from("{"), 0o600);
    await ask("b", "2");
    expect(asked).toBe(4);
  });
});

describe("the facts of a host", () => {
  const host: Host = {
    platform: "linux",
    architecture: "x86_64",
    memory: 2 ** 33,
    processors: 2,
    uid: 1000,
    user: "ann",
  };
  const withFlags = (flags: string, refusal?: string): Pick<Files, "stat" | "read" | "open"> => ({
    stat: async () => ({
      kind: "other",
      bytes: 0,
      allocatedBytes: 0,
      mode: 0o660,
      uid: 0,
      gid: 108,
      modifiedMs: 0,
      changedMs: 0,
    }),
    read: async () => Buffer.from(`processor\t: 0\nflags\t\t: fpu ${flags} sse2\n`),
    open: async () => {
      throw Object.assign(new Error("refused"), { code: refusal });
    },
  });
  test("a device that refuses us is closed", async () => {
    const facts = await readKvmFacts(withFlags("vmx", "EACCES") as Files, host, "auto");
    expect(facts).toEqual({
      setting: "auto",
      device: "closed",
      hasFlag: true,
      isGroupOpen: true,
      isRoot: false,
      user: "ann",
    });
  });
  test("root asks for the accounts of machines, which may have the device's group", async () => {
    const facts = await readKvmFacts(withFlags("fpu_svm_not", "EACCES") as Files, { ...host, uid: 0 }, "auto");
    expect(facts).toMatchObject({ device: "open", hasFlag: false, group: 108 });
  });
});
