/** QEMU's command line as a pure function. Whoever changes a device here makes a new layout: saved memory depends on each line. */
import { domain } from "../../model/domain.ts";
import type { Specs } from "../../model/instance.ts";
import { defaultSubnet, ownAddresses } from "../../model/subnet.ts";
import type { Card, UserNetwork } from "../machine-network.ts";
import type { QemuHardware } from "./hardware.ts";
import { furtherCards, tapBackend } from "./taps.ts";
import { wallArguments } from "./wall.ts";

export type Accelerator = "kvm" | "hvf" | "whpx" | "tcg";

export interface Machine {
  readonly id: string;
  readonly platform: "linux" | "darwin" | "win32";
  readonly accelerator: Accelerator;
  readonly hardware: QemuHardware;
  readonly specs: Specs;
  readonly mac: string;
  /** The guest's own address, given by DHCP. */
  readonly address: string;
  readonly net?: UserNetwork;
  readonly disk: string;
  /** QEMU's name for the disk as it is now. */
  readonly node: string;
  /** What the disk stands on, its parent first: files by path or by descriptor. */
  readonly backing: readonly Backing[];
  readonly seed: string;
  /** Unix sockets in the runtime directory. */
  readonly qmp: string;
  readonly agent: string;
  /** It starts without memory of its own, and waits to be told where to load it from. */
  readonly isIncoming?: boolean;
  /** Its network card is connected to a hub alone, which the network is plugged into later. */
  readonly isStranger?: boolean;
  /** What it sends goes nowhere until it is plugged into a switch. */
  readonly isWalled?: boolean;
  /** Of the host; absent: a network of its own. */
  readonly tap?: string;
  readonly cards?: readonly Card[];
  /** The kernel helps with taps. */
  readonly hasVhost?: boolean;
  /** Firmware folder of the QEMU in use; absent when it finds its own. */
  readonly share?: string;
}

export interface Backing {
  readonly format: "qcow2" | "raw";
  /** A path, or the number of a descriptor that the process is started with. */
  readonly file: string | number;
  /** QEMU's name for it, if it is a layer. */
  readonly node?: string;
}

/** The console's memory in QEMU: what a guest prints while nobody reads, newest last. A power of two, as QEMU wants. */
export const consoleBytes = 2 ** 20;
/** Root ports that are always there, so that a card or a mount device can come and go without another device tree. */
const portCount = 8;
const mebibyte = 2 ** 20;

type Option = readonly [flag: string] | readonly [flag: string, value: string];

/** Options for `qemu-system-*`, without the program itself. Nothing in them is secret. */
export function qemuArguments(machine: Machine): string[] {
  const options: Option[] = [
    ["-nodefaults"],
    ["-no-user-config"],
    ["-display", "none"],
    ["-name", `${machine.id},process=strata-${machine.id.slice(-8)}`],
    ["-uuid", machine.id],
    ...processor(machine),
    ...memory(machine),
    ...firmware(machine),
    ...control(machine),
    ...rootPorts(),
    ...disks(machine),
    ...(machine.tap === undefined ? network(machine) : bridgedNetwork(machine, machine.tap)),
    ...furtherCards(machine.cards ?? [], machine.hasVhost),
    ...smallDevices(machine),
  ];
  // Memory that was saved while the guest ran would have it run on at once.
  if (machine.isIncoming) options.push(["-incoming", "defer"], ["-S"]);
  if (machine.platform === "linux") options.push(["-sandbox", sandbox]);
  return options.flat();
}

const sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/**
 * Which CPU the guest sees. Under TCG: `max` did not boot Debian, `qemu64` lacks x86-64-v2; Nehalem has what distributions
 * need. Its model number is one that Linux knows not to speculate (28, a Bonnell): without the workarounds for processors
 * that do, which mean nothing to an emulated one, a Debian boots in three quarters of the time.
 */
export function cpuModel({ accelerator, hardware }: Pick<Machine, "accelerator" | "hardware">): string {
  if (accelerator === "kvm" || accelerator === "hvf") return "host";
  return hardware.architecture === "x86_64" ? "Nehalem,model=28" : "max";
}

function processor(machine: Machine): Option[] {
  const { accelerator, hardware, specs } = machine;
  const accel = {
    kvm: "kvm",
    hvf: "hvf",
    whpx: "whpx,kernel-irqchip=off",
    tcg: `tcg,thread=multi,tb-size=${translationMebibytes(specs.memory)}`,
  };
  return [
    ["-machine", `${hardware.machine},memory-backend=pc.ram`],
    ["-accel", accel[accelerator]],
    ["-cpu", cpuModel(machine)],
    ["-smp", `${specs.cpus},sockets=1,cores=${specs.cpus},threads=1`],
  ];
}

/** Cache of translated code: a quarter of the guest's memory, 64 to 512 MiB. A full one is emptied and all is translated anew; QEMU's own choice (1 GiB) makes small guests big. */
function translationMebibytes(memory: number): number {
  return Math.min(512, Math.max(64, 2 ** Math.floor(Math.log2(memory / mebibyte / 4))));
}

/** Shared memory from the start, since a mount device added later needs it; memfd exists on Linux only. */
function memory({ platform, specs }: Machine): Option[] {
  const kind = platform === "linux" ? "memory-backend-memfd" : "memory-backend-ram";
  const size = `${Math.floor(specs.memory / mebibyte)}M`;
  return [
    ["-m", size],
    ["-object", `${kind},id=pc.ram,size=${size},share=on`],
  ];
}

/** A PC finds SeaBIOS in the firmware folder by itself; `virt` needs UEFI by name. */
function firmware({ hardware, share }: Machine): Option[] {
  const folder: Option[] = share === undefined ? [] : [["-L", share]];
  return hardware.architecture === "x86_64" ? folder : [...folder, ["-bios", "edk2-aarch64-code.fd"]];
}

/**
 * The machine never goes away by itself: after a power-off or a panic of the guest it stays, paused, until the driver
 * has read why and the last words on the console. The console is a ring in memory: bounded, and never in the guest's way.
 */
function control({ qmp, agent }: Machine): Option[] {
  return [
    ["-action", "shutdown=pause,panic=pause"],
    ["-chardev", `socket,id=qmp,path=${escapeCommas(qmp)},server=on,wait=off`],
    ["-mon", "chardev=qmp,mode=control"],
    ["-chardev", `ringbuf,id=console,size=${consoleBytes}`],
    ["-serial", "chardev:console"],
    ["-chardev", `socket,id=agent,path=${escapeCommas(agent)},server=on,wait=off`],
  ];
}

const ports = Array.from({ length: portCount }, (_, index) => `port${index}`);
/** Ports that nothing is on when a machine begins; the first has its card. */
export const hotPorts: readonly string[] = ports.slice(1);

/** Eight functions of one slot; each port is a chassis of its own. */
function rootPorts(): Option[] {
  return ports.map((id, index) => {
    const multifunction = index === 0 ? ",multifunction=on" : "";
    return ["-device", `pcie-root-port,id=${id},bus=pcie.0,addr=0x10.${index},chassis=${index + 1}${multifunction}`];
  });
}

/** The whole chain is named, so that QEMU follows no name that a guest could have put into its disk. */
function disks({ disk, node, backing, seed }: Machine): Option[] {
  const top = {
    driver: "qcow2",
    "node-name": node,
    discard: "unmap",
    file: { driver: "file", filename: disk, discard: "unmap" },
    backing: backing.reduceRight<object | null>(below, null),
  };
  const data = {
    driver: "raw",
    "node-name": "seed",
    "read-only": true,
    file: { driver: "file", filename: seed, "read-only": true },
  };
  return [
    ...backing.flatMap(({ file }) => (typeof file === "number" ? [handedOver(file)] : [])),
    ["-blockdev", JSON.stringify(top)],
    ["-device", `virtio-blk-pci,id=disk0,drive=${node},bus=pcie.0,addr=0x2,bootindex=0,werror=stop,rerror=report`],
    ["-blockdev", JSON.stringify(data)],
    ["-device", "virtio-blk-pci,id=disk1,drive=seed,bus=pcie.0,addr=0x3"],
  ];
}

function below(lower: object | null, { format, file, node }: Backing): object {
  const filename = typeof file === "number" ? `/dev/fdset/${file}` : file;
  const named = node === undefined ? {} : { "node-name": node };
  const opened = { driver: format, ...named, "read-only": true, file: { driver: "file", filename, "read-only": true } };
  return format === "raw" ? opened : { ...opened, backing: lower };
}

/** QEMU opens a descriptor that it was started with by the number of its set, which is the same here. */
const handedOver = (descriptor: number): Option => ["-add-fd", `fd=${descriptor},set=${descriptor}`];

/** The user-mode network of a machine, in QEMU's words. */
export const userNetwork = (net?: UserNetwork) => {
  const { subnet, gateway, dns } = net ?? { subnet: defaultSubnet, ...ownAddresses(defaultSubnet) };
  return { net: subnet, host: gateway, dns, domainname: domain };
};
/** Port 0 lets the kernel choose one that is free; `info usernet` tells which. */
export const sshForward = (address: string): string => `tcp:127.0.0.1:0-${address}:22`;

/** `romfile=` leaves out network boot. Saved memory tells of a network too, so that a stranger's stands there as well, though unplugged. */
function network({ mac, address, net: wanted, isStranger, isWalled }: Machine): Option[] {
  const net = Object.entries(userNetwork(wanted)).map(([name, value]) => `${name}=${value}`);
  const user = ["user,id=net0,ipv6=off", ...net, `dhcpstart=${address}`];
  const forward = isStranger ? [] : [`hostfwd=${sshForward(address)}`];
  const hub: Option[] = isStranger ? [["-netdev", `hubport,id=plug0,hubid=${hubId}`]] : [];
  return [
    ...hub,
    ["-netdev", [...user, ...forward].join(",")],
    ["-device", `virtio-net-pci,id=nic0,netdev=${isStranger ? "plug0" : "net0"},bus=port0,mac=${mac},romfile=`],
    ...(isWalled ? wallArguments : []),
  ];
}

/** A stranger's cable is pulled before it runs. A hub would not do: it lets a card do less than a tap does, which saved memory remembers. */
const bridgedNetwork = ({ mac, hasVhost }: Machine, tap: string): Option[] => [
  ["-netdev", tapBackend("net0", { tap, ...(hasVhost && { hasVhost }) })],
  ["-device", `virtio-net-pci,id=nic0,netdev=net0,bus=port0,mac=${mac},romfile=`],
];

/** Of the hub between a stranger's card and its network. */
export const hubId = 0;

function smallDevices({ hardware }: Machine): Option[] {
  const generation: Option[] = [["-device", "vmgenid,id=generation0,guid=auto"]];
  return [
    ["-device", "virtio-rng-pci,id=rng0,bus=pcie.0,addr=0x4"],
    ["-device", "virtio-serial-pci,id=serial0,bus=pcie.0,addr=0x5"],
    ["-device", "virtserialport,bus=serial0.0,nr=1,chardev=agent,name=org.qemu.guest_agent.0"],
    ["-device", "pvpanic-pci,id=panic0,bus=pcie.0,addr=0x6"],
    ...(hardware.architecture === "x86_64" ? generation : []),
  ];
}

/** In QEMU's `key=value` lists a comma in a value is written twice. */
const escapeCommas = (text: string) => text.replaceAll(",", ",,");
