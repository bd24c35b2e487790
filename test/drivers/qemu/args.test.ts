import { describe, expect, test } from "bun:test";
import { qemuArguments } from "../../../src/drivers/qemu/args.ts";
import type { Machine } from "../../../src/drivers/qemu/args.ts";

const machine: Machine = {
  id: "0198f2a0-0000-7000-8000-00c0ffee0001",
  platform: "linux",
  accelerator: "tcg",
  hardware: { driver: "qemu", architecture: "x86_64", machine: "pc-q35-7.2", layout: 1 },
  specs: { cpus: 2, memory: 2 ** 30, disk: 5 * 2 ** 30 },
  mac: "52:54:00:aa:bb:cc",
  address: "10.77.0.2",
  disk: "/data/layers/l1.qcow2",
  node: "Ll1",
  backing: [{ format: "raw", file: "/data/images/i.raw" }],
  seed: "/data/instances/i/seed.iso",
  qmp: "/run/s/qmp",
  agent: "/run/s/agent",
};
const virt = { driver: "qemu", architecture: "aarch64", machine: "virt-9.1", layout: 1 } as const;

const valuesOf = (flag: string, argv: readonly string[]) => argv.filter((_, index) => argv[index - 1] === flag);

describe("the command line is the one on record", () => {
  const cases: Record<string, Machine> = {
    "emulated on Linux": machine,
    "KVM on Linux, with the carried firmware": { ...machine, accelerator: "kvm", share: "/opt/q/share" },
    "Hypervisor.framework on an ARM Mac": {
      ...machine,
      platform: "darwin",
      accelerator: "hvf",
      hardware: virt,
      share: "/q/share",
    },
    "Windows Hypervisor Platform": { ...machine, platform: "win32", accelerator: "whpx" },
  };
  for (const [name, example] of Object.entries(cases))
    test(name, () => expect(qemuArguments(example)).toMatchSnapshot());
});

test("a small guest gets a small translation cache, a large one never more than 512 MiB", () => {
  const cacheOf = (memory: number) =>
    valuesOf("-accel", qemuArguments({ ...machine, specs: { ...machine.specs, memory } }))[0];
  expect(cacheOf(128 * 2 ** 20)).toBe("tcg,thread=multi,tb-size=64");
  expect(cacheOf(512 * 2 ** 20)).toBe("tcg,thread=multi,tb-size=128");
  expect(cacheOf(64 * 2 ** 30)).toBe("tcg,thread=multi,tb-size=512");
});

test("a comma in a path cannot become an option", () => {
  const argv = qemuArguments({ ...machine, disk: "/a,b/x.qcow2", qmp: "/run/a,path=b/qmp" });
  expect(valuesOf("-chardev", argv)[0]).toBe("socket,id=qmp,path=/run/a,,path=b/qmp,server=on,wait=off");
  expect(JSON.parse(valuesOf("-blockdev", argv)[0] ?? "").file.filename).toBe("/a,b/x.qcow2");
});

test("what a disk stands on is named down to the image; what is handed over open is known by its descriptor", () => {
  const backing = [
    { format: "qcow2", file: 5, node: "L5" } as const,
    { format: "qcow2", file: "/data/images/i.qcow2" } as const,
  ];
  const argv = qemuArguments({ ...machine, backing });
  expect(valuesOf("-add-fd", argv)).toEqual(["fd=5,set=5"]);
  const file = (filename: string) => ({ driver: "file", filename, "read-only": true });
  expect(JSON.parse(valuesOf("-blockdev", argv)[0] ?? "").backing).toEqual({
    driver: "qcow2",
    "node-name": "L5",
    "read-only": true,
    file: file("/dev/fdset/5"),
    backing: { driver: "qcow2", "read-only": true, file: file("/data/images/i.qcow2"), backing: null },
  });
});

test("a machine that loads its memory does not run on by itself", () => {
  expect(qemuArguments({ ...machine, isIncoming: true })).toEqual(expect.arrayContaining(["-incoming", "defer", "-S"]));
  expect(qemuArguments(machine)).not.toContain("-S");
});

test("on taps of the host, its cards are the same devices, and the kernel helps where it can", () => {
  const cards = [{ mac: "52:54:00:aa:bb:dd", tap: "strata-v5000001" }];
  const onTaps = { ...machine, tap: "strata-v5000000", cards };
  const argv = qemuArguments(onTaps);
  expect(valuesOf("-netdev", argv)).toEqual([
    "tap,id=net0,ifname=strata-v5000000,script=no,downscript=no,vhost=off",
    "tap,id=net1,ifname=strata-v5000001,script=no,downscript=no,vhost=off",
  ]);
  const card = (each: string) => each.startsWith("virtio-net-pci");
  expect(valuesOf("-device", argv).find(card)).toBe(valuesOf("-device", qemuArguments(machine)).find(card));
  expect(valuesOf("-device", argv).filter(card)[1]).toBe(
    "virtio-net-pci,id=nic1,netdev=net1,bus=port1,mac=52:54:00:aa:bb:dd,romfile=",
  );
  expect(
    valuesOf("-netdev", qemuArguments({ ...onTaps, hasVhost: true })).every((each) => each.endsWith("vhost=on")),
  ).toBe(true);
});

test("eight root ports stand ready and the network card is on one", () => {
  const devices = valuesOf("-device", qemuArguments(machine));
  expect(devices.filter((device) => device.startsWith("pcie-root-port"))).toHaveLength(8);
  expect(devices.find((device) => device.startsWith("virtio-net-pci"))).toContain("bus=port0");
});
